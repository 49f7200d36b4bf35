"""What hosts and pools are called among others: their names, with a mark beside each that others have, too.

Hosts name themselves, and many are called `localhost.localdomain`. All that shows several hosts takes their names from
here, so that no two of them look alike.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.catalogue import say
from bot.fleet.hosts import WatchedHost
from bot.text import shown


class Nameable(NamedTuple):
    """A name that is fit to be shown, and what may stand beside it where others have it, too, the best first."""

    name: str
    marks: tuple[str, ...]


def told_apart(things: Mapping[str, Nameable], beside: Collection[str] = ()) -> dict[str, str]:
    """What to call each of some things, by their keys: `xen-2`, or `localhost.localdomain (lab-b)`.

    Names are equal in whatever case. A mark is one that no other thing of the name has; without any it is the key.
    `beside` are names, in small letters, that nothing of these may be called.
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
            free = (text for text in own if text.casefold() not in keys and text.casefold() not in beside)
            called[key] = next(free, f"{name} ({key})")
    return called


def _called(names: dict[str, str], nameable: Callable[[str], Nameable]) -> dict[str, str]:
    """What to call things of these names, by their keys. Marks are made for names that come twice: most don't."""
    counts = Counter(map(str.casefold, names.values()))
    alike = {key: nameable(key) for key, name in names.items() if counts[name.casefold()] > 1}
    return names | told_apart(alike, counts) if alike else names


def nameable(host: WatchedHost) -> Nameable:
    """A host by its name, else its address, else its uuid; beside it a source that has it, its address, or both."""
    address, sources = shown(host.host.address), [*map(shown, host.sources)]
    return Nameable(_name(host), (*sources, address, *(f"{source}, {address}" for source in sources if address)))


def _name(host: WatchedHost) -> str:
    own = shown(host.host.name) or shown(host.host.address) or shown(host.host.uuid)
    return own or say("a host without a name")


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
    by_key = {_key(host): host for host in hosts}
    called = _called({key: _name(host) for key, host in by_key.items()}, lambda key: nameable(by_key[key]))
    pools: dict[str, list[WatchedHost]] = defaultdict(list)
    for host in by_key.values():
        pools[host.pool.uuid].append(host)
    names = {uuid: _pool(members, called).name for uuid, members in pools.items()}
    return FleetNames(called, _called(names, lambda uuid: _pool(pools[uuid], called)))


def _key(host: WatchedHost) -> str:
    return host.host.uuid or f"{host.host.name} {host.host.address}"


def _pool(members: Sequence[WatchedHost], called: Mapping[str, str]) -> Nameable:
    pool = members[0].pool
    first = next((host for host in members if host.host.uuid == pool.coordinator), members[0])
    host = called[_key(first)]
    name = shown(pool.name) or (host if len(members) == 1 else say("pool of {host}", host=host))
    return Nameable(name, (*map(shown, first.sources), host))
