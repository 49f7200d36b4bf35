"""Items of a question that are not what they look like: mistyped names, code names and numbers that are only words."""

from collections.abc import Sequence
from itertools import pairwise

from bot.query.spellings import Number
from bot.query.suggest import resembling
from bot.query.tokens import fold
from bot.query.versions import Item
from bot.query.words import DISTRIBUTIONS, TokenKind

_BEFORE_COUNTED = frozenset({"of", "our", "the", "my", "your", "these", "those", "old", "other", "more", "x"})
_NAMING = (TokenKind.PRODUCT, TokenKind.PLATFORM, TokenKind.VERSION, TokenKind.UNKNOWN, TokenKind.NUMBER)
"""What a whole number stands behind when it is a version."""
_WHERE = frozenset({"on", "in", "under", "inside"})


def sift(items: Sequence[Item], text: str) -> list[Item]:
    """The items of a part with what is only talk turned into filler."""
    for step in (_mistyped, _without_codenames, _without_counts, _without_homes):
        items = step(items, text)
    return list(items)


def segments(items: Sequence[Item]) -> list[range]:
    """The stretches between "and", "or", "/"."""
    joints = [at for at, item in enumerate(items) if item.kind is TokenKind.JOINT]
    return [range(start + 1, end) for start, end in pairwise([-1, *joints, len(items)])]


def _mistyped(items: Sequence[Item], text: str) -> list[Item]:
    """Joins what is one mistyped name: "Citrix Hipervisor", "xen sever"."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if last and item.kind is TokenKind.UNKNOWN and last.kind in (TokenKind.PRODUCT, TokenKind.PLATFORM):
            name = fold(text[last.start : last.end]).replace(" ", "").replace("-", "") + item.value
            if item.start - last.end <= 1 and resembling(name):
                joined[-1] = Item(TokenKind.UNKNOWN, name, last.start, item.end)
                continue
        if last and last.kind is TokenKind.UNKNOWN and item.kind is TokenKind.FILLER:
            name = last.value + fold(text[item.start : item.end])
            if item.start - last.end <= 1 and resembling(name):
                joined[-1] = Item(TokenKind.UNKNOWN, name, last.start, item.end)
                continue
        joined.append(item)
    return joined


def _without_codenames(items: Sequence[Item], _: str) -> list[Item]:
    """Code names are also words ("George says 7.2 is fine"): beside a number they name nothing."""
    words = {
        at
        for segment in segments(items)
        if any(items[at].kind is TokenKind.NUMBER for at in segment)
        for at in segment
        if items[at].kind is TokenKind.CODENAME
    }
    return [_as_filler(item) if at in words else item for at, item in enumerate(items)]


def _without_counts(items: Sequence[Item], text: str) -> list[Item]:
    """A whole number in front of a product that has its version counts something ("2 of our XCP-ng 8.2 hosts"), and
    one in front of a word of which nothing is known ("7 dwarfs")."""

    def counts(at: int) -> bool:
        wanted = items[at].wanted
        if not isinstance(wanted, Number) or not wanted.is_whole:
            return False
        if at and items[at - 1].kind in _NAMING:
            return False
        if [item.kind for item in items[at + 1 : at + 2]] == [TokenKind.UNKNOWN]:
            return True
        told = (item for item in items[at + 1 : at + 6] if text[item.start : item.end].lower() not in _BEFORE_COUNTED)
        return [item.kind for item in told][:2] == [TokenKind.PRODUCT, TokenKind.NUMBER]

    return [_as_filler(item) if counts(at) else item for at, item in enumerate(items)]


def _without_homes(items: Sequence[Item], text: str) -> list[Item]:
    """Where Xen Orchestra itself is installed is no host of it: "XO on Debian 12"."""
    homes = {
        at
        for at in range(2, len(items))
        if items[at].kind is TokenKind.PLATFORM
        and items[at].value in DISTRIBUTIONS
        and items[at - 2].kind is TokenKind.TOOL
        and text[items[at - 1].start : items[at - 1].end].lower() in _WHERE
    }
    homes |= {at + 1 for at in homes if at + 1 < len(items) and items[at + 1].wanted}
    return [_as_filler(item) if at in homes else item for at, item in enumerate(items)]


def _as_filler(item: Item) -> Item:
    return item._replace(kind=TokenKind.FILLER, value="", wanted=None)
