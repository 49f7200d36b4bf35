"""Which product or platform of a question's part each version belongs to."""

from collections.abc import Sequence

from bot.query.cursor import Item
from bot.query.sifting import segments
from bot.query.words import Kind

NOBODY, CARRIED, FOREIGN = -1, -2, -3
"""In place of an owner: none is named; the one of the part before; a word of which nothing is known."""

OWNING = (Kind.PRODUCT, Kind.PLATFORM)


class Owners:
    """Finds the owner of every version of a part.

    A name in front of a version owns it ("XenServer 7.2 and 7.3"), or one behind it where none is in front ("8.2 of
    XCP-ng", "7.2 XenServer"). In a stretch without a name the last name before it counts, in this part or (if
    `is_carried`) in an earlier one, then the next name.
    """

    def __init__(self, items: Sequence[Item], *, is_carried: bool) -> None:
        self._items = items
        self._is_carried = is_carried
        self._names = [at for at, item in enumerate(items) if item.kind in OWNING]
        self.segments = segments(items)
        self.of = {at: self._owner(at, stretch) for stretch in self.segments for at in stretch if items[at].wanted}
        """The place of the owner of the version at a place, or one of the signs below 0."""

    def versions_of(self, owners: Sequence[int]) -> list[int]:
        """The places of all versions that belong to any of these owners."""
        return [at for at, owner in self.of.items() if owner in owners]

    def kind_before(self, at: int) -> Kind | None:
        """What stands in front of a place, but for the word "version"."""
        while at > 0 and self._items[at - 1].kind is Kind.VERSION:
            at -= 1
        return self._items[at - 1].kind if at else None

    def _owner(self, at: int, stretch: range) -> int:
        before = [name for name in self._names if name in stretch and name < at]
        if self._names_follow(stretch):
            return next(name for name in self._names if name > at)
        if before:
            return before[-1]
        if self.kind_before(at) is Kind.UNKNOWN:
            return FOREIGN
        earlier = [name for name in self._names if name < at]
        if earlier:
            return earlier[-1]
        return CARRIED if self._is_carried else next((name for name in self._names if name > at), NOBODY)

    def _names_follow(self, stretch: range) -> bool:
        """Whether names stand behind their versions: each right behind it, or none right in front of one."""
        told = [at for at in stretch if self._items[at].kind in OWNING or self._items[at].wanted]
        if len(told) < 2 or not self._items[told[0]].wanted or self._items[told[-1]].wanted:
            return False
        versions = [at for at in told if self._items[at].wanted]
        if all(self._kind_behind(at) in OWNING for at in versions):
            return True
        return all(self.kind_before(at) not in OWNING for at in versions)

    def _kind_behind(self, at: int) -> Kind | None:
        return self._items[at + 1].kind if at + 1 < len(self._items) else None
