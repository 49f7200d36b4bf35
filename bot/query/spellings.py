"""What a question can want of a product (a number, a range, a code name), and which releases of the Matrix have it."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.query import Outcome, QueryPart

if TYPE_CHECKING:
    from packaging.specifiers import Specifier

PRODUCT_NAMES = {
    Product.XCP_NG: ("xcp-ng", "xcp ng", "xcpng", "xcp"),
    Product.XENSERVER: (
        *("xenserver", "xs", "citrix hypervisor", "ch", "citrix", "citrix xenserver", "xen server", "xen-server"),
        *("citrixhypervisor", "citrix xen server", "citrix xs", "citrix xen", "xenservers", "xen servers"),
    ),
}
"""What people call the products, lower case. Citrix Hypervisor is a name of the whole XenServer line."""

HYPERVISOR_NAMES = frozenset({"citrix hypervisor", "citrixhypervisor", "ch", "hypervisor", "citrix"})
"""Behind these a whole number is none of the vendor's: 8.0 to 8.2 were called Citrix Hypervisor, 8 is XenServer 8."""
_PREVIEW = "8.3"
"""What XenServer 8 called itself as a preview; XCP-ng 8.3 is a release of another product."""

_PLACES = 4
_LARGEST = 10**6
_FINE = 2
"""A number with so many dots or more is finer than a release's."""


class Number(NamedTuple):
    """One release by its number or code name, with the update level ("CU1") or the prerelease ("RC1") beside it."""

    text: str
    level: str = ""
    prerelease: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is a number without a dot: in a sentence it may count something."""
        return self.text.isdecimal() and not self.level


class Range(NamedTuple):
    """All releases in a range of `packaging` specifiers, of one beginning (7.x), or up to `last`, included (7.0-7.4).

    `text` is its first number.
    """

    specifier: str
    text: str
    last: str = ""


Wanted = Number | Range


class Match(NamedTuple):
    """The releases that were meant, and the update level or the prerelease that was named."""

    releases: tuple[Release, ...]
    level: str | None = None
    prerelease: str | None = None

    def part(self, text: str, product: Product | None) -> QueryPart:
        """The answer to a text that means these releases, of one product or (None) of several."""
        outcome = Outcome.ASSESSED if product else Outcome.AMBIGUOUS
        return QueryPart(text, outcome, self.releases, (), self.level, product, None, self.prerelease)


def digits(number: str) -> tuple[int, ...]:
    """A number's places as far as they matter; absurd ones are cut, so that none takes long to read."""
    places = number.split(".", _PLACES)[:_PLACES]
    return tuple(min(int(place[:7]), _LARGEST) for place in places if place.isdecimal())


class Spellings:
    """The spellings of one Matrix, made ready to be looked up.

    `ascending` has each product's releases, oldest first, `codenames` all code names, as the vocabulary has phrases.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.ascending: dict[Product, Sequence[Release]] = {}
        self.codenames: set[str] = set()
        self._numbers: dict[Product, dict[str, Match]] = {}
        self._levels: dict[tuple[Product, str, str], str] = {}
        """The level that a product's release has by the name for it: "CU1"."""
        for product in Product:
            releases = self.ascending[product] = sorted(matrix.of(product), key=lambda release: release.compares_as)
            numbers = self._numbers[product] = {}
            for release in releases:
                names = {re.sub("[-_]", " ", name.lower()) for name in release.codenames}
                numbers.update((name, Match((*numbers.get(name, Match(())).releases, release))) for name in names)
                self.codenames |= names
                for level in release.levels:
                    for alias in (level.name, *level.aliases):
                        if code := "".join(word for word in alias.split() if not _is_number(word)).upper():
                            self._levels[product, release.number, code] = level.name
                        elif alias in level.aliases:
                            numbers[alias] = Match((release,), level.name)
            numbers.update((alias, Match((release,))) for release in releases for alias in release.aliases)
            numbers.update((release.number, Match((release,))) for release in releases)

    def canonical(self) -> dict[str, QueryPart]:
        """What most questions are, in lower case, and their answers: "xenserver 7.2", "ch 8.2 cu1", "7.2"."""
        answers: dict[str, QueryPart] = {}
        for product, numbers in self._numbers.items():
            wanted = {text: Number(text) for text in numbers}
            wanted |= {f"{r.number} lts": Number(r.number) for r in self.ascending[product] if r.lifecycle.lts_since}
            levels = ((number, code) for of, number, code in self._levels if of is product)
            wanted |= {f"{number} {code.lower()}": Number(number, code) for number, code in levels}
            for text, number in wanted.items():
                if match := self.match(product, number):
                    answer, misnamed = match.part("", product), self.hypervisors(product, number)
                    names = (name for name in PRODUCT_NAMES[product] if not misnamed or name not in HYPERVISOR_NAMES)
                    answers.update((f"{name} {text}", answer) for name in names)
                    if sum(text in others for others in self._numbers.values()) == 1:
                        answers[text] = answer
        return answers

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
            case Range(_, text, last) if last:  # both may be names of releases: "7.6-8" ends with 8, which is 8.4
                first, end = self._place(product, text), self._place(product, last)
                return self._all(product, lambda release: first <= release.compares_as <= end)
            case Range():
                from packaging.specifiers import InvalidSpecifier, SpecifierSet  # slow: only where a range is read

                try:
                    clauses = [*SpecifierSet(wanted.specifier)]
                except InvalidSpecifier:
                    return None
                return self._all(product, lambda release: _is_in(release, clauses))

    def hypervisors(self, product: Product, wanted: Wanted) -> tuple[Release, ...]:
        """What "Citrix Hypervisor 8" may mean, newest first, the release of that number last: the vendor called 8.0 to
        8.2 so, and 8 is XenServer 8."""
        called = [r for r in reversed(self.ascending[product]) if r.base_name.startswith("Citrix Hypervisor ")]
        named = tuple(r for r in called if isinstance(wanted, Number) and r.number.partition(".")[0] == wanted.text)
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

    def _all(self, product: Product, fits: Callable[[Release], bool]) -> Match | None:
        releases = tuple(release for release in self.ascending[product] if fits(release))
        return Match(releases) if releases else None

    def _place(self, product: Product, text: str) -> Version:
        found = self._exact(product, text)
        return found.releases[0].compares_as if found else Version(".".join(map(str, digits(text))))


def _is_number(word: str) -> bool:
    return word.replace(".", "").isdecimal()


def _is_in(release: Release, clauses: "Sequence[Specifier]") -> bool:
    """Whether a release is in a range, or one of its update levels is: a clause with a maintenance number in it
    (">=8.2.1") is for the levels, too. One with the release's own number is for the release alone: ">8.2.0" has not
    8.2, whatever its levels."""
    own = release.compares_as
    fine = [each for each in clauses if each.version.count(".") >= _FINE]
    finer = [each for each in fine if each.version.endswith("*") or Version(each.version) != own]
    levels = [Version(name) for level in release.levels for name in level.aliases if _is_number(name)] if finer else []
    return any(
        all(clause.contains(version if clause in finer else own) for clause in clauses) for version in (own, *levels)
    )
