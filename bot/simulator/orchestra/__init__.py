"""A Xen Orchestra that knows a simulator's pools, as its REST API tells them, over real TLS on loopback.

    with Simulator(demo_fleet()) as simulator, SimulatedOrchestra(simulator) as orchestra:
        print(orchestra.address, orchestra.address.pin_text)   # the token is `TOKEN`
        simulator["xen-2"].upgrade(release("XCP-ng", "8.3"))   # it tells that at once
        orchestra.forget("xen-2")                              # contact lost: not listed
        orchestra.fail(http_error(503))                        # any fault of the simulator's, `on` hosts or pools

Hosts and pools have the uuids that they have through XAPI. What is simulated: tokens as a cookie, the lists of hosts
and pools with `fields`, `limit` and `ndjson`, lists of addresses without fields. What is not: passwords, filters, any
other list, and whatever changes something.
"""

from bot.simulator.orchestra.answers import Asked, Rights
from bot.simulator.orchestra.orchestra import TOKEN, SimulatedOrchestra

__all__ = ["TOKEN", "Asked", "Rights", "SimulatedOrchestra"]
