"""What hosts and pools are called among others: their names, with a mark beside each that others have, too.

Hosts name themselves, and many are called `localhost.localdomain`. All that shows several hosts takes their names from
here, so that no two of them look alike.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.fleet.hosts import WatchedHost
from bot.query.text import shown


class Nameable(NamedTuple):
    """A name that is fit to be shown, and what may stand beside it where others have it, too, the best first."""

    name: str
    marks: tuple[str, ...]


def told_apart(things: Mapping[str, Nameable]) -> dict[str, str]:
    """What to call each of some things, by their keys: `xen-2`, or `localhost.localdomain (lab-b)`.

    Names are equal in whatever case. A mark is one that no other thing of the name has; without any it is the key.
    """
    keys: dict[str, list[str]] = defaultdict(list)
    for key, thing in things.items():
        keys[thing.name.casefold()].append(key)
    called: dict[str, str] = {}
    for same in keys.values():
        if len(same) == 1:
            called[same[0]] = things[same[0]].name
            continue
        counts = Counter(mark for key in same for mark in {mark.casefold() for mark in things[key].marks})
        for key in same:
            name, marks = things[key]
            own = (f"{name} ({mark})" for mark in marks if mark and counts[mark.casefold()] == 1)
            called[key] = next((text for text in own if text.casefold() not in keys), f"{name} ({key})")
    return called


def nameable(host: WatchedHost) -> Nameable:
    """A host by its name, else its address, else its uuid; beside it a source that has it, its address, or both."""
    name, address, sources = shown(host.host.name), shown(host.host.address), [*map(shown, host.sources)]
    own = name or address or shown(host.host.uuid) or "a host without a name"
    return Nameable(own, (*sources, address, *(f"{source}, {address}" for source in sources if address)))


class FleetNames(NamedTuple):
    """What to call hosts and pools, by their uuids; a host that gives no uuid has its name and address for one."""

    hosts: Mapping[str, str]
    pools: Mapping[str, str]

    def of(self, host: WatchedHost) -> tuple[str, str]:
        """What to call one of the hosts, and its pool."""
        return self.hosts[_key(host)], self.pools[host.pool.uuid]


def fleet_names(hosts: Iterable[WatchedHost]) -> FleetNames:
    """What to call hosts that are shown together, and their pools.

    A pool without a name is called by its host, or by its coordinator where there are several.
    """
    pools: dict[str, list[WatchedHost]] = defaultdict(list)
    for host in hosts:
        pools[host.pool.uuid].append(host)
    called = told_apart({_key(host): nameable(host) for members in pools.values() for host in members})
    return FleetNames(called, told_apart({uuid: _pool(members, called) for uuid, members in pools.items()}))


def _key(host: WatchedHost) -> str:
    return host.host.uuid or f"{host.host.name} {host.host.address}"


def _pool(members: Sequence[WatchedHost], called: Mapping[str, str]) -> Nameable:
    pool = members[0].pool
    first = next((host for host in members if host.host.uuid == pool.coordinator), members[0])
    host = called[_key(first)]
    unnamed = host if len(members) == 1 else f"pool of {host}"
    return Nameable(shown(pool.name) or unnamed, (*map(shown, first.sources), host))
