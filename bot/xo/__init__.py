"""The same Observations from Xen Orchestra, through its REST API: no host credentials are needed.

`asking.ask` gives an Observation for each pool or one Failure; `reading` has the lists as they come, `listing` what
their records mean, `refusal` what can go wrong in words. TLS, HTTP and bounds are bot.xapi's.
"""
