"""Three simulated pools that never stay as they are: their releases change, hosts go down, join and leave."""

from collections import Counter
from collections.abc import Callable
from random import Random

from bot.simulator import SimHost, SimPool, SimTls, Simulator, release
from bot.simulator.engine import Engine
from bot.simulator.records import ref_of

LATENCY = 0.4
"""Seconds of each call, so that a sweep takes some, and is hit by a kill now and then."""

RELEASES = (("XCP-ng", "8.3"), ("XCP-ng", "8.2"), ("XCP-ng", "8.1"), ("XCP-ng", "7.6"), ("XenServer", "8"))
POOLS = {
    "lab": ("xen-1", "xen-2", "xen-3"),
    "prod": ("xen-11", "xen-12", "xen-13"),
    "edge": ("xen-21", "xen-22", "xen-23"),
}
FIRST = {"xen-3": "8.2", "xen-12": "8.2", "xen-22": "7.6"}


def pools() -> tuple[SimPool, ...]:
    """Three pools of three hosts; the first of each is its coordinator, and its target in the inventory."""
    return tuple(SimPool(tuple(map(_host, names)), name=name, tags=(name,)) for name, names in POOLS.items())


def _host(name: str) -> SimHost:
    # One TLS for all releases, as an inventory's minimum is not rewritten when a host is upgraded.
    return SimHost(name, release("XCP-ng", FIRST.get(name, "8.3")), tls=SimTls.QUICK, latency=LATENCY)


class World:
    """Changes the simulation at random, and counts how."""

    def __init__(self, simulator: Simulator, random: Random) -> None:
        self._simulator, self._random = simulator, random
        self._away: list[tuple[str, str]] = []
        self._runs = {name: ("XCP-ng", FIRST.get(name, "8.3")) for names in POOLS.values() for name in names}
        self.changes: Counter[str] = Counter()

    def change(self) -> None:
        """One thing happens somewhere."""
        deeds: tuple[Callable[[], str], ...] = (self._release, self._power, self._membership, self._hiccup)
        (deed,) = self._random.choices(deeds, (6, 3, 3, 1))
        self.changes[deed()] += 1

    def rest(self) -> None:
        """Every host is up from now on."""
        for host in self._simulator.hosts:
            host.come_up()

    def runs(self) -> set[tuple[str, str, str, str]]:
        """What a sweep would find now: pool, host, product and release."""
        here = ((pool, name) for pool, names in POOLS.items() for name in names if (pool, name) not in self._away)
        return {(pool, name, *self._runs[name]) for pool, name in here}

    def _release(self) -> str:
        host = self._random.choice(self._simulator.hosts)
        others = [each for each in RELEASES if each != self._runs[host.name]]
        before, self._runs[host.name] = host.now.release, self._random.choice(others)
        after = release(*self._runs[host.name])
        host.upgrade(after)
        return "upgraded" if after.api > before.api else "downgraded"

    def _power(self) -> str:
        down = [host for host in self._simulator.hosts if not host.now.up]
        if down and self._random.random() < 0.7:
            self._random.choice(down).come_up()
            return "came up"
        # A coordinator more often: whether a supporter is up, nobody is asked.
        pool = POOLS[self._random.choice([*POOLS])]
        self._simulator[self._random.choice((pool[0], pool[0], *pool[1:]))].go_down()
        return "went down"

    def _membership(self) -> str:
        if self._away and self._random.random() < 0.6:
            self._simulator.run(_joins(self._away.pop(self._random.randrange(len(self._away)))))
            return "joined"
        pool = self._random.choice([*POOLS])
        name = self._random.choice(POOLS[pool][1:])
        if (pool, name) in self._away:
            self._away.remove((pool, name))
            self._simulator.run(_joins((pool, name)))
            return "joined"
        self._away.append((pool, name))
        self._simulator.run(_leaves((pool, name)))
        return "left"

    def _hiccup(self) -> str:
        self._simulator[POOLS[self._random.choice([*POOLS])][0]].end_sessions()
        return "sessions ended"


def _joins(member: tuple[str, str]) -> Callable[[Engine], None]:
    def join(engine: Engine) -> None:
        host = engine.hosts[member[1]]
        host.pool.hosts[ref_of("host", member[1])] = host
        host.pool.touch()

    return join


def _leaves(member: tuple[str, str]) -> Callable[[Engine], None]:
    def leave(engine: Engine) -> None:
        pool = engine.hosts[member[1]].pool
        pool.hosts.pop(ref_of("host", member[1]), None)
        pool.touch()

    return leave
