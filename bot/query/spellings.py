"""What a question can want of a product (a number, a range, a code name), and which releases of the Matrix have it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.canonical import Match, hypervisors, level_codes, numbers_of

if TYPE_CHECKING:
    from packaging.specifiers import Specifier, SpecifierSet


Digits = tuple[int, ...]

_PLACES = 4
_LARGEST = 10**6


class Number(NamedTuple):
    """One release by its number, with the update level ("CU1") or the prerelease ("RC1") that was named beside it."""

    text: str
    level: str = ""
    prerelease: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is a number without a dot: in a sentence it may count something."""
        return "." not in self.text and not self.level


class Prefix(NamedTuple):
    """All releases whose number begins so: 7.x"""

    text: str


class Range(NamedTuple):
    """All releases in a range of `packaging` specifiers. `text` is its first number."""

    specifier: str
    text: str


class Between(NamedTuple):
    """All releases from one to another, both included: 7.0-7.4"""

    text: str
    last: str


class Codename(NamedTuple):
    """A release by the vendor's word for it."""

    text: str


Wanted = Number | Prefix | Range | Between | Codename


def digits(number: str) -> Digits:
    """A number's places as far as they matter; absurd ones are cut, so that none takes long to read."""
    places = number.split(".", _PLACES)[:_PLACES]
    return tuple(min(int(place[:7]), _LARGEST) for place in places if place.isdecimal())


_PREVIEW = "8.3"
"""XCP-ng 8.3 is a release of another product."""
_FINE = 2
"""A number with so many dots or more is finer than a release's."""


class Spellings:
    """The spellings of one Matrix, made ready to be looked up.

    `ascending` has each product's releases, oldest first, `codenames` the releases of each code name's phrase.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.ascending = {
            product: tuple(sorted(matrix.of(product), key=lambda release: release.compares_as)) for product in Product
        }
        self._numbers = {product: numbers_of(matrix, product) for product in Product}
        self._levels = {
            (product, release.number, code): level.name
            for product in Product
            for release in matrix.of(product)
            for level in release.levels
            for code in level_codes(level)
        }
        self.codenames: dict[str, list[Release]] = {}
        for release in (release for product in Product for release in matrix.of(product)):
            for name in release.codenames:  # as the vocabulary has phrases
                self.codenames.setdefault(name.lower().replace("-", " ").replace("_", " "), []).append(release)

    def is_number(self, text: str) -> bool:
        """Whether any product has a release of this number."""
        return any(text in numbers for numbers in self._numbers.values())

    def is_preview(self, text: str) -> bool:
        """Whether it is what XenServer 8 called itself while it was a preview."""
        return text == _PREVIEW or text.startswith(f"{_PREVIEW}.")

    def match(self, product: Product, wanted: Wanted) -> Match | None:
        """What is wanted, among the releases of a product; None if it has none of it."""
        match wanted:
            case Number():
                found = self._exact(product, wanted.text)
                if found and wanted.prerelease:
                    found = found._replace(prerelease=wanted.prerelease)
                if found is None or not wanted.level:
                    return found
                named = self._levels.get((product, found.releases[0].number, wanted.level))
                return found._replace(level=named) if named and found.level in (None, named) else None
            case Codename():
                named_so = tuple(r for r in self.codenames.get(wanted.text, ()) if r.product is product)
                return Match(named_so) if named_so else None
            case Prefix():
                start = digits(wanted.text)
                return self._all(product, lambda version: version.release[: len(start)] == start)
            case Range():
                return self._in_range(product, wanted.specifier)
            case Between():  # both ends may be names of releases ("7.6-8" ends with XenServer 8, which is 8.4)
                first, last = self._place(product, wanted.text), self._place(product, wanted.last)
                return self._all(product, lambda version: first <= version <= last)

    def hypervisors(self, product: Product, wanted: Wanted) -> tuple[Release, ...]:
        """What a whole number behind the name Citrix Hypervisor may mean, the release of that number last."""
        if not isinstance(wanted, Number):
            return ()
        named = hypervisors(self.ascending[product], wanted.text)
        own = self._exact(product, wanted.text) if named else None
        return (*named, *own.releases) if own else named

    def with_level(self, product: Product, level: str) -> tuple[Release, ...]:
        """The releases of a product that have an update level of this name, newest first."""
        newest_first = reversed(self.ascending[product])
        return tuple(release for release in newest_first if (product, release.number, level) in self._levels)

    def _exact(self, product: Product, text: str) -> Match | None:
        """By number or alias; zeros at its end may be too many (7.2.0, 9.0)."""
        numbers = self._numbers[product]
        if product is Product.XENSERVER and self.is_preview(text):
            return numbers["8"]._replace(prerelease="preview")
        while text not in numbers and text.endswith(".0"):
            text = text.removesuffix(".0")
        return numbers.get(text)

    def _in_range(self, product: Product, specifier: str) -> Match | None:
        """The releases in a range. One with a maintenance number in it (">=8.2.1") also looks at the update levels."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # slow to import: only where a range is read

        try:
            clauses = SpecifierSet(specifier)
        except InvalidSpecifier:
            return None
        fine = SpecifierSet(",".join(str(clause) for clause in clauses if clause.version.count(".") >= _FINE))
        releases = tuple(
            release
            for release in self.ascending[product]
            if clauses.contains(release.compares_as) or (str(fine) and _has_level_in(release, clauses, fine))
        )
        return Match(releases) if releases else None

    def _all(self, product: Product, fits: Callable[[Version], bool]) -> Match | None:
        releases = tuple(release for release in self.ascending[product] if fits(release.compares_as))
        return Match(releases) if releases else None

    def _place(self, product: Product, text: str) -> Version:
        found = self._exact(product, text)
        return found.releases[0].compares_as if found else Version(".".join(map(str, digits(text))))


def _has_level_in(release: Release, clauses: "SpecifierSet", fine: "SpecifierSet") -> bool:
    """Whether a level of a release is in all `fine` clauses, and the release itself in the others.

    A clause with the release's own number is for the release alone: ">8.2.0" has not 8.2, whatever its levels.
    """
    levels = [Version(name) for level in release.levels for name in level.aliases if name.replace(".", "").isdecimal()]
    own = release.compares_as
    alone = [clause for clause in clauses if clause.version.count(".") < _FINE or _is_of(clause, own)]
    rest = [clause for clause in fine if not _is_of(clause, own)]
    return all(clause.contains(own) for clause in alone) and any(
        all(clause.contains(version) for clause in rest) for version in (own, *levels)
    )


def _is_of(clause: "Specifier", own: Version) -> bool:
    return not clause.version.endswith("*") and Version(clause.version) == own
