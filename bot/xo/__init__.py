"""The same Observations from Xen Orchestra, through its REST API: no host credentials are needed.

`client.ask` gives an Observation for each pool or one Failure; `records` reads the lists as they come, and says what
their records mean; `errors` has the texts of what can go wrong. TLS, HTTP and bounds are bot.xapi's.
"""
