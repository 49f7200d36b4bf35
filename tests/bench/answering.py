"""A fleet that answers at once: what is left of a sweep is the bookkeeping."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice

from bot.app.fleet import Hosts
from bot.fleet.hosts import SourceKind
from bot.fleet.inventory import Inventory
from bot.fleet.sources import ConfiguredSources, Probing
from bot.xapi.observation import Host, Observation, Pool, Probed, Software, Transport
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

MIX = (*[("XCP-ng", "8.3.0")] * 8, *[("XCP-ng", "8.2.1")] * 5, *[("XenServer", "8.4.0")] * 3, ("XenServer", "7.2.0"))
"""What its hosts run: brand and version, in turn."""


LEVELS, XENS = 20, {"8.3.0": "4.17.5-", "8.4.0": "4.17.6-"}
"""Each version at so many patch levels, by the hypervisor that it shows."""


class Answering:
    """So many lone hosts. `at` is when they are asked; each is told a moment later than the one before."""

    def __init__(self, count: int, at: datetime) -> None:
        self.at = at
        names = [f"host-{number}" for number in range(count)]
        runs = islice(cycle(MIX), count)
        self._hosts = {
            name: (number, lone_host(name, *version, at - timedelta(minutes=number), number))
            for number, (name, version) in enumerate(zip(names, runs, strict=True))
        }
        self._inventory = Inventory(map(target_of, names))

    def hosts(self) -> Hosts:
        """The inventory with its asking, as the product has it but for the probe itself."""
        targets: Sequence[Target] = self._inventory.targets
        probing = Probing(self._probe, lambda: 0.0)
        sources = ConfiguredSources(SourceKind.TARGET, targets, lambda one: (probing.probe(one),), lambda: self.at)
        return Hosts(self._inventory, probing, sources)

    def _probe(self, target: Target) -> Probed:
        number, host = self._hosts[target.name]
        return alone(target.name, host, self.at + timedelta(microseconds=number))


def alone(target: str, host: Host, seen: datetime) -> Observation:
    """What a target answers that is a pool of one host."""
    pool = Pool(f"pool-{host.uuid}", "", host.uuid)
    return Observation(target, host.address, seen, Transport.JSON_RPC_2, TlsMode.PINNED, pool, (host,))


def lone_host(name: str, brand: str, version: str, booted_at: datetime, number: int) -> Host:
    """A host by its name, which its uuid has in it; `number` says which patch level it has."""
    more = ("release/stable/1", "3.4.0", "free", None, booted_at, False, None)
    host = Host(f"uuid-{name}", name, "192.0.2.1", True, True, brand, version, *more)
    return host._replace(software=Software(f"{XENS.get(version, '4.13.5-9.')}{number % LEVELS + 1}", "26.1.4"))


def target_of(name: str) -> Target:
    """A target that nobody connects to."""
    trust = Trust(TlsMode.PINNED, b"\0" * 32)
    return Target(name, Endpoint("192.0.2.1", 443, trust), "bench", lambda: "", "the bench", tags=("lab",))
