"""One host or pool asked what it runs, through XAPI, safely: `probe.Prober` gives an Observation or a Failure.

From the outside in: `probe` (a session, and one redirect), `session` (login and logout), `rpc` with `xml_rpc` (what a
call says), `connection` and `http` (bytes to replies, within bounds), `tls` and `address` (a handshake in which the
certificate passed). `errors` has every text that a Failure may have.
"""
