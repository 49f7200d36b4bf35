"""What is known of one release of a host platform."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from packaging.version import Version

from bot.matrix.lifecycle import Lifecycle, PartialDate


class Product(StrEnum):
    """The two platforms that Xen Orchestra manages. Citrix Hypervisor is a name that XenServer had for a while."""

    XCP_NG = "XCP-ng"
    XENSERVER = "XenServer"


class PlannedRelease(NamedTuple):
    """A release that is in development. `numbers` are those by which it is asked for; `note` says what is known."""

    product: Product
    name: str
    numbers: tuple[str, ...]
    note: str
    sources: tuple["Citation", ...]


class Citation(NamedTuple):
    """Where a fact comes from: a public address, or a document's name where none is public."""

    title: str
    url: str | None = None


class UpdateLevel(NamedTuple):
    """A service pack, cumulative update or maintenance number. It belongs to its release and shares its lifecycle."""

    name: str
    aliases: tuple[str, ...]
    lifecycle: Lifecycle


class LastFix(NamedTuple):
    """The last security fix that a source shows. A lower bound: a later one may exist. `level` is what it was for."""

    name: str
    day: PartialDate | None
    level: str | None
    sources: tuple[Citation, ...]


class Release(NamedTuple):
    """One release, known by its product and number.

    `number` is its own number ("8" for XenServer 8), `compares_as` what ranges compare with (8.4).

    `base_name` has no "LTS": the name follows the date. `aliases` are numbers that also mean it ("8.4.0"),
    `codenames` words that do; `updates_in_place` are its prereleases that become it by a plain update. `inferred` names
    the dates that no source states outright.
    """

    product: Product
    number: str
    base_name: str
    compares_as: Version
    lifecycle: Lifecycle
    aliases: tuple[str, ...] = ()
    codenames: tuple[str, ...] = ()
    updates_in_place: tuple[str, ...] = ()
    levels: tuple[UpdateLevel, ...] = ()
    sources: tuple[Citation, ...] = ()
    inferred: frozenset[str] = frozenset()
    last_fix: LastFix | None = None
    note: str | None = None

    def __hash__(self) -> int:
        return hash((self.product, self.number))

    def name(self, on: date) -> str:
        """The name on a day: "XCP-ng 8.3" became "XCP-ng 8.3 LTS" on 16 Jun 2025."""
        return f"{self.base_name} LTS" if self.lifecycle.is_lts(on) else self.base_name
