"""The inventory: a name from chat selects an entry of it and nothing else; no typed address is ever used."""

import ipaddress
import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from bot.query.text import plain, shown
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


class Inventory:
    """Targets by name, whatever the case."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_name = {target.name.casefold(): target for target in targets}

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets, in the configuration's order."""
        return tuple(self._by_name.values())

    def find(self, typed: str) -> Target | Failure:
        """The target of a name. UNKNOWN_HOST with near names, or REFUSED_ADDRESS for what is an address."""
        name = plain(typed).strip()
        if found := self._by_name.get(name.casefold()):
            return found
        if _is_address(name):
            said = "I only ask hosts by their name in the inventory, never an address that is typed."
            return Failure(shown(name), FailureCode.REFUSED_ADDRESS, f"{said}{self._names(name)}")
        words = [word for word in _BETWEEN.split(name.casefold()) if word]
        if len(words) > 1 and all(word in self._by_name for word in words):
            first, second = (self._by_name[word].name for word in words[:2])
            said = f"I ask one host at a time: probe {first}, then probe {second}."
            return Failure(shown(name), FailureCode.UNKNOWN_HOST, said)
        said = f'I know no host "{shown(name)}".' if shown(name) else "That is no name of a host."
        return Failure(shown(name), FailureCode.UNKNOWN_HOST, f"{said}{self._names(name)}")

    def near(self, typed: str) -> tuple[str, ...]:
        """Names that look like what was typed, best first; all of a small inventory."""
        likeness = {key: SequenceMatcher(None, typed.casefold()[:64], key).ratio() for key in self._by_name}
        close = sorted((key for key in likeness if likeness[key] >= ALIKE), key=likeness.__getitem__, reverse=True)
        keys = close[:NEAR] or (list(self._by_name) if len(self._by_name) <= NEAR else [])
        return tuple(self._by_name[key].name for key in keys)

    def _names(self, typed: str) -> str:
        if not self._by_name:
            return " The inventory is empty: add `targets` to the configuration."
        if near := self.near(typed):
            return f" Near: {', '.join(near)}."
        first = [target.name for target in self.targets[:FIRST]]
        rest = len(self._by_name) - len(first)
        return f" The inventory has {', '.join(first)}{f' and {rest} more' if rest else ''}."


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(_ADDRESS.search(name))
    return True
