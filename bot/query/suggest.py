"""The nearest names to what is not known, best first."""

from bot.matrix.release import Product, Release
from bot.query.spellings import Codename, Digits, Number, Spellings, Wanted, digits

MOST = 4
_WORDS = {
    "xenserver": Product.XENSERVER,
    "citrixhypervisor": Product.XENSERVER,
    "citrixxenserver": Product.XENSERVER,
    "citrix": Product.XENSERVER,
    "xcpng": Product.XCP_NG,
}
_SHORT = 6
"""A name up to this length may have one mistake, a longer one two."""


def nearest(spellings: Spellings, product: Product | None, wanted: Wanted) -> tuple[Release, ...]:
    """Releases near to a version that a product (or, for None, any product) does not have."""
    if product is None:
        if majors := [found for of in Product if (found := _majors(spellings, of, wanted))]:
            return _merged(majors, wanted)
        return _merged([_near(spellings, of, wanted) for of in Product], wanted)
    own = _near(spellings, product, wanted)
    elsewhere = tuple(
        release for other in Product if other is not product for release in same(spellings, other, wanted)
    )
    if isinstance(wanted, Codename):
        return elsewhere[:MOST]
    if _majors(spellings, product, wanted):
        return tuple(dict.fromkeys((*own, *elsewhere)))
    return tuple(dict.fromkeys((*own[:1], *elsewhere, *own[1:])))[:MOST]


def same(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """The releases of a product that have what is wanted, the newest first, at most two: there may be many."""
    found = spellings.match(product, wanted)
    if found is None and (undotted := _undotted(wanted)):
        found = spellings.match(product, undotted)
    return tuple(reversed(found.releases))[:2] if found else ()


def resembling(word: str) -> Product | None:
    """The product whose name a mistyped word resembles."""
    best: tuple[int, Product] | None = None
    for name, product in _WORDS.items():
        allowed = 1 if len(name) <= _SHORT else 2
        if word[:1] and abs(len(word) - len(name)) <= allowed:
            mistakes = _mistakes(word, name)
            if mistakes <= allowed and (best is None or mistakes < best[0]):
                best = mistakes, product
    return best[1] if best else None


def _near(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """Near releases within one product."""
    if isinstance(wanted, Codename):
        return ()
    if isinstance(wanted, Number) and wanted.level and (known := spellings.match(product, Number(wanted.text))):
        return (*known.releases, *spellings.with_level(product, wanted.level))
    if (undotted := _undotted(wanted)) and (found := spellings.match(product, undotted)):
        return found.releases
    if not wanted.text:
        return tuple(reversed(spellings.ascending[product]))[:MOST]
    return _majors(spellings, product, wanted) or _neighbours(spellings.ascending[product], digits(wanted.text))


def _undotted(wanted: Wanted) -> Number | None:
    """82 as 8.2, and 602 as 6.0.2."""
    if isinstance(wanted, Number) and 2 <= len(wanted.text) <= 3 and wanted.text.isdecimal():
        return Number(".".join(wanted.text), wanted.level)
    return None


def _majors(spellings: Spellings, product: Product, wanted: Wanted) -> tuple[Release, ...]:
    """All releases that begin with a bare number ("XenServer 6"), newest first."""
    if not isinstance(wanted, Number) or not wanted.is_whole:
        return ()
    start = digits(wanted.text)
    return tuple(r for r in reversed(spellings.ascending[product]) if r.compares_as.release[:1] == start)


def _neighbours(ascending: tuple[Release, ...], wanted: Digits) -> tuple[Release, ...]:
    """The releases below and above, the nearest first, or the two nearest at an end."""
    below = [release for release in ascending if release.compares_as.release <= wanted]
    above = [release for release in ascending if release.compares_as.release > wanted]
    if not below or not above:
        return (*reversed(below[-2:]), *above[:2])
    lower, upper = below[-1], above[0]
    return (lower, upper) if _distance(lower, wanted) < _distance(upper, wanted) else (upper, lower)


def _distance(release: Release, wanted: Digits) -> Digits:
    own = release.compares_as.release
    length = max(len(own), len(wanted))
    pairs = zip(own + (0,) * (length - len(own)), wanted + (0,) * (length - len(wanted)), strict=True)
    return tuple(abs(a - b) for a, b in pairs)


def _merged(found: list[tuple[Release, ...]], wanted: Wanted) -> tuple[Release, ...]:
    """The nearest of several products, each product's own order kept."""
    places = [(place, release) for releases in found for place, release in enumerate(releases)]
    if isinstance(wanted, Codename):
        return ()
    aim = digits(wanted.text)
    ranked = sorted(places, key=lambda pair: (pair[0], _distance(pair[1], aim)))
    return tuple(release for _, release in ranked)[:MOST]


def _mistakes(word: str, name: str) -> int:
    """How many letters are wrong, missing, too many, or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(name) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(name, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == name[j - 2] and word[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
