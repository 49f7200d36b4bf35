"""The spellings that most questions have: a product's name and a number, as the data has them.

Kept apart from the grammar, which takes longer to load than such a question takes to be answered.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release, UpdateLevel
from bot.query.query import Outcome

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
_HYPERVISOR = "Citrix Hypervisor "


class Match(NamedTuple):
    """The releases that were meant, and the update level or the prerelease that was named."""

    releases: tuple[Release, ...]
    level: str | None = None
    prerelease: str | None = None


class CanonicalReading(NamedTuple):
    """The fields of a QueryPart behind its text, for a spelling whose meaning is known beforehand."""

    outcome: Outcome
    releases: tuple[Release, ...]
    suggestions: tuple[Release | Product, ...]
    level: str | None
    product: Product


def canonical(matrix: Matrix) -> dict[str, CanonicalReading]:
    """How each of these spellings, in lower case, is answered: "xenserver 7.2", "ch 8.2 cu1", "7.2"."""
    answers: dict[str, CanonicalReading] = {}
    numbers = {product: numbers_of(matrix, product) for product in Product}
    for product, own in numbers.items():
        misnamed = {text for text in own if hypervisors(matrix.of(product), text)}
        for text, match in (*own.items(), *_with_suffix(matrix, product)):
            answer = CanonicalReading(Outcome.ASSESSED, match.releases, (), match.level, product)
            names = PRODUCT_NAMES[product]
            if misnamed and text.partition(" ")[0] in misnamed:
                names = tuple(name for name in names if name not in HYPERVISOR_NAMES)
            answers.update((f"{name} {text}", answer) for name in names)
            if sum(text in others for others in numbers.values()) == 1:
                answers[text] = answer
    return answers


def numbers_of(matrix: Matrix, product: Product) -> dict[str, Match]:
    """Each number of a product's releases and their update levels; a release's own number wins."""
    releases = matrix.of(product)
    numbers = {
        alias: Match((release,), level.name)
        for release in releases
        for level in release.levels
        for alias in level.aliases
        if alias.replace(".", "").isdecimal()
    }
    numbers.update((alias, Match((release,))) for release in releases for alias in release.aliases)
    numbers.update((release.number, Match((release,))) for release in releases)
    return numbers


def hypervisors(releases: Iterable[Release], whole: str) -> tuple[Release, ...]:
    """What "Citrix Hypervisor 8" may mean, newest first: the vendor called 8.0 to 8.2 so, and 8 is XenServer 8."""
    named = (r for r in releases if r.base_name.startswith(_HYPERVISOR) and r.number.partition(".")[0] == whole)
    return tuple(sorted(named, key=lambda release: release.compares_as, reverse=True))


def level_codes(level: UpdateLevel) -> Iterator[str]:
    """A level's names without the number of its release: "CU1" of "8.2 CU1"."""
    for name in (level.name, *level.aliases):
        words = [word for word in name.split() if not word.replace(".", "").isdecimal()]
        if words:
            yield "".join(words).upper()


def _with_suffix(matrix: Matrix, product: Product) -> Iterator[tuple[str, Match]]:
    for release in matrix.of(product):
        if release.lifecycle.lts_since:
            yield f"{release.number} lts", Match((release,))
        for level in release.levels:
            for code in level_codes(level):
                yield f"{release.number} {code.lower()}", Match((release,), level.name)
