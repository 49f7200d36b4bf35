"""The nearest names to what is not known, best first."""

from bisect import bisect
from difflib import SequenceMatcher
from itertools import zip_longest

from bot.matrix.release import Product, Release
from bot.query.spellings import Number, Spellings, Wanted, digits

MOST = 4
_WORDS = {
    "xenserver": Product.XENSERVER,
    "citrixhypervisor": Product.XENSERVER,
    "citrixxenserver": Product.XENSERVER,
    "citrix": Product.XENSERVER,
    "xcpng": Product.XCP_NG,
}
_SHORT = 6
"""A name up to this length may be longer or shorter by one letter, a longer one by two."""
_LIKE = 0.77
"""One letter in five is wrong at most, two in nine."""


def resembling(word: str) -> Product | None:
    """The product whose name a mistyped word resembles."""
    likeness, name = _likeness(word)
    return _WORDS[name] if likeness >= _LIKE else None


def is_one_name(first: str, second: str) -> bool:
    """Whether two words are more like a name together than each alone: "xen sever", but not "XenSever is"."""
    apart = [likeness for likeness, name in map(_likeness, (first, second)) if name != first]
    together, _ = _likeness(first + second)
    return together >= _LIKE and together > max(apart, default=0)


def _likeness(word: str) -> tuple[float, str]:
    """From 0 to 1, and the name that the word is most like."""
    names = [name for name in _WORDS if abs(len(word) - len(name)) <= (1 if len(name) <= _SHORT else 2)]
    return max(((SequenceMatcher(None, name, word).ratio(), name) for name in names), default=(0, ""))


def nearest(spellings: Spellings, product: Product | None, wanted: Wanted) -> tuple[Release, ...]:
    """Releases near to a version that a product (or, for None, any product) does not have."""
    if product is None:
        found = [_majors(spellings, of, wanted) for of in Product]
        if not any(found):
            found = [_near(spellings, of, wanted) for of in Product]
        ranked = sorted(
            ((place, _distance(release, wanted), release) for near in found for place, release in enumerate(near)),
            key=lambda each: each[:2],
        )
        return tuple(release for _, _, release in ranked)[:MOST]
    own = _near(spellings, product, wanted)
    elsewhere = [release for of in Product if of is not product for release in same(spellings, of, wanted)]
    if _majors(spellings, product, wanted):
        return tuple(dict.fromkeys((*own, *elsewhere)))
    return tuple(dict.fromkeys((*own[:1], *elsewhere, *own[1:])))[:MOST]


def same(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """The releases of a product that have what is wanted, the newest first, at most two: there may be many."""
    found = spellings.match(product, wanted) or spellings.match(product, _dotted(wanted))
    return tuple(reversed(found.releases))[:2] if found else ()


def _near(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """Near releases within one product: the version with another level, as 82 is 8.2, or the neighbours."""
    ascending = spellings.ascending[product]
    if isinstance(wanted, Number) and wanted.level and (known := spellings.match(product, Number(wanted.text))):
        return (*known.releases, *spellings.with_level(product, wanted.level))
    if (dotted := _dotted(wanted)) is not wanted and (found := spellings.match(product, dotted)):
        return found.releases
    if wanted.text in spellings.codenames:
        return ()
    if not wanted.text:  # a range without a number
        return tuple(ascending[: -MOST - 1 : -1])
    if majors := _majors(spellings, product, wanted):
        return majors
    above = bisect(ascending, digits(wanted.text), key=lambda release: release.compares_as.release)
    if 0 < above < len(ascending):
        return tuple(sorted((ascending[above], ascending[above - 1]), key=lambda release: _distance(release, wanted)))
    return tuple(ascending[:-3:-1] if above else ascending[:2])


def _dotted(wanted: Wanted) -> Wanted:
    """82 as 8.2, and 602 as 6.0.2; anything else as it is."""
    if isinstance(wanted, Number) and 2 <= len(wanted.text) <= 3 and wanted.text.isdecimal():
        return Number(".".join(wanted.text), wanted.level)
    return wanted


def _majors(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """All releases that begin with a bare number ("XenServer 6"), newest first."""
    if not isinstance(wanted, Number) or not wanted.is_whole:
        return ()
    start = digits(wanted.text)
    return tuple(r for r in reversed(spellings.ascending[product]) if r.compares_as.release[:1] == start)


def _distance(release: Release, wanted: Wanted) -> tuple[int, ...]:
    pairs = zip_longest(release.compares_as.release, digits(wanted.text), fillvalue=0)
    return tuple(abs(own - aim) for own, aim in pairs)
