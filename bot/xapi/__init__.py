"""One host or pool asked what it runs, through XAPI, safely: `probe.Prober` gives an Observation or a Failure.

From the outside in: probe (a visit, and one redirect), session (login and logout), rpc with json_rpc and xml_rpc
(what a call says), line and http (bytes to replies, within bounds), dial, tls and address (a wire that its
certificate allows).
"""
