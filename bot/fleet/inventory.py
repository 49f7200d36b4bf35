"""The inventory: a name from chat selects an entry of it and nothing else; no typed address is ever used."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher

from bot.catalogue import number, say
from bot.fleet.sites import KnownSites, RemoteTarget, no_sites
from bot.text import plain, shown
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Target

_ADDRESS = re.compile(r"://|[/\\@\[\]]|:[0-9]+$|\.[A-Za-z]{2,}$")
"""What only an address has: a scheme, a path, a port, a domain."""


_BETWEEN = re.compile(r"[\s,;]+")

NEAR = 3
ALIKE = 0.4
"""How many names are suggested, and how alike they must be to what was typed (1.0 is the same)."""
FIRST = 5
"""So many names are given where none is near."""


Known = Target | RemoteTarget


class Inventory:
    """Targets by name, whatever the case; those of `sites`, too, which their own workers ask."""

    def __init__(self, targets: Iterable[Target], sites: Callable[[], KnownSites] = no_sites) -> None:
        self._own = {target.name.casefold(): target for target in targets}
        self._sites = sites

    @property
    def targets(self) -> tuple[Target, ...]:
        """The configuration's own targets, in its order."""
        return tuple(self._own.values())

    @property
    def known(self) -> tuple[Known, ...]:
        """All that can be asked: the configuration's own targets, then those of sites."""
        return (*self._own.values(), *(target for site in self._sites().sites for target in site.targets))

    @property
    def _by_name(self) -> Mapping[str, Known]:
        sites = self._sites().sites
        if not sites:
            return self._own
        return {**{target.name.casefold(): target for site in sites for target in site.targets}, **self._own}

    def find(self, typed: str) -> Known | Failure:
        """The target of a name. UNKNOWN_HOST with near names, or REFUSED_ADDRESS for what is an address."""
        name = plain(typed).strip()
        if found := self._own.get(name.casefold()) or self._sites().find(name):
            return found
        of_site = self._sites().named(name.partition("/")[0].casefold()) if "/" in name else None
        if of_site and "//" not in name:
            own_name = shown(name.partition("/")[2])
            what = say('Site {site} lists no host "{name}".', site=of_site.name, name=own_name)
            return Failure(shown(name), FailureCode.UNKNOWN_HOST, what, self._names(name))
        if _is_address(name):
            what = say("I only ask hosts by their name in the inventory, never an address that is typed.")
            return Failure(shown(name), FailureCode.REFUSED_ADDRESS, what, self._names(name))
        words = [word for word in _BETWEEN.split(name.casefold()) if word]
        by_name = self._by_name if len(words) > 1 else {}
        if len(words) > 1 and all(word in by_name for word in words):
            first, second = (by_name[word].name for word in words[:2])
            what = say("I ask one host at a time: probe {first}, then probe {second}.", first=first, second=second)
            return Failure(shown(name), FailureCode.UNKNOWN_HOST, what)
        what = say("That is no name of a host.")
        if shown(name):
            what = say('I know no host "{name}".', name=shown(name))
        return Failure(shown(name), FailureCode.UNKNOWN_HOST, what, self._names(name))

    def near(self, typed: str) -> tuple[str, ...]:
        """Names that look like what was typed, best first; all of a small inventory."""
        by_name = self._by_name
        likeness = {key: SequenceMatcher(None, typed.casefold()[:64], key).ratio() for key in by_name}
        close = sorted((key for key in likeness if likeness[key] >= ALIKE), key=likeness.__getitem__, reverse=True)
        keys = close[:NEAR] or (list(by_name) if len(by_name) <= NEAR else [])
        return tuple(by_name[key].name for key in keys)

    def _names(self, typed: str) -> str:
        known = self.known
        if not known:
            return say("The inventory is empty: add `targets` to the configuration.")
        if near := self.near(typed):
            return say("Near: {names}.", names=", ".join(near))
        first = ", ".join(target.name for target in known[:FIRST])
        if (more := len(known) - FIRST) > 0:
            return say("The inventory has {names} and {count} more.", names=first, count=number(more))
        return say("The inventory has {names}.", names=first)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(_ADDRESS.search(name))
    return True
