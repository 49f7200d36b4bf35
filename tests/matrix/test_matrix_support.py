"""What the list says of a release, and which signs a row carries on a day."""

from datetime import date

import pytest
from packaging.version import Version

from bot.matrix.lifecycle import Lifecycle, LifecycleStage, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import UNLISTED, Badge, ListRow, Support, SupportLevel, badges

FULL, PARTIAL, EXTRA, SKULL = Badge.FULL, Badge.PARTIAL, Badge.EXTRA_FEATURES, Badge.NO_SECURITY_UPDATES
_, UPCOMING, SUPPORTED, MAINTENANCE, EOL = LifecycleStage


@pytest.mark.parametrize(
    ("support", "stages", "signs"),
    [
        (Support(SupportLevel.FULL), [SUPPORTED], (FULL,)),
        (Support(SupportLevel.FULL), [MAINTENANCE], (FULL,)),
        (Support(SupportLevel.FULL), [UPCOMING], (FULL,)),
        (Support(SupportLevel.FULL), [EOL], (FULL, SKULL)),
        (Support(SupportLevel.FULL, extra_features=True), [SUPPORTED], (FULL, EXTRA)),
        (Support(SupportLevel.FULL, extra_features=True), [EOL], (FULL, EXTRA, SKULL)),
        (Support(SupportLevel.PARTIAL), [SUPPORTED], (PARTIAL,)),
        (Support(SupportLevel.PARTIAL, official=False), [EOL], (PARTIAL, SKULL)),
        (Support(SupportLevel.PARTIAL), [EOL, EOL], (PARTIAL, SKULL)),
        (Support(SupportLevel.PARTIAL), [EOL, SUPPORTED], (PARTIAL,)),
        (Support(SupportLevel.PARTIAL), [EOL, MAINTENANCE], (PARTIAL,)),
        (UNLISTED, [SUPPORTED], ()),
        (UNLISTED, [EOL], (SKULL,)),
    ],
)
def test_the_skull_is_there_when_every_release_is_eol_and_support_never_depends_on_it(
    support: Support, stages: list[LifecycleStage], signs: tuple[Badge, ...]
) -> None:
    assert badges(support, tuple(stages)) == signs


def _release(number: str, released: str, eol: str | None, lts: str | None = None) -> Release:
    ends = date.fromisoformat(eol) if eol else None
    life = Lifecycle(PartialDate.parse(released), None, ends, date.fromisoformat(lts) if lts else None)
    return Release(Product.XENSERVER, number, f"XenServer {number}", Version(number), life)


OLD, NEW = _release("6.1", "2012-09", "2016-09-30"), _release("6.2", "2013-06-24", "2017-12-12")
PAIR = ListRow(Product.XENSERVER, (NEW, OLD), Support(SupportLevel.PARTIAL), "XenServer 6.1 and 6.2")
LTS = ListRow(
    Product.XENSERVER,
    (_release("7.1", "2017-02-24", "2022-08-14", "2017-06-01"),),
    Support(SupportLevel.FULL),
)


@pytest.mark.parametrize(
    ("row", "on", "is_out", "label", "signs"),
    [
        (PAIR, "2012-08-31", False, "XenServer 6.1 and 6.2", (PARTIAL,)),
        (PAIR, "2012-09-01", True, "XenServer 6.1 and 6.2", (PARTIAL,)),
        (PAIR, "2016-09-30", True, "XenServer 6.1 and 6.2", (PARTIAL,)),
        (PAIR, "2017-12-11", True, "XenServer 6.1 and 6.2", (PARTIAL,)),
        (PAIR, "2017-12-12", True, "XenServer 6.1 and 6.2", (PARTIAL, SKULL)),
        (LTS, "2017-02-23", False, "XenServer 7.1", (FULL,)),
        (LTS, "2017-02-24", True, "XenServer 7.1", (FULL,)),
        (LTS, "2017-06-01", True, "XenServer 7.1 LTS", (FULL,)),
        (LTS, "2022-08-13", True, "XenServer 7.1 LTS", (FULL,)),
        (LTS, "2022-08-14", True, "XenServer 7.1 LTS", (FULL, SKULL)),
    ],
)
def test_a_row_follows_the_day(row: ListRow, on: str, is_out: bool, label: str, signs: tuple[Badge, ...]) -> None:
    day = date.fromisoformat(on)
    assert (row.is_out(day), row.label(day), row.badges(day)) == (is_out, label, signs)


@pytest.mark.parametrize(
    ("product", "number", "on", "level", "official", "signs"),
    [
        ("XCP-ng", "8.3", "2026-11-23", "full", True, (FULL, EXTRA)),
        ("XCP-ng", "8.3", "2028-11-30", "full", True, (FULL, EXTRA, SKULL)),
        ("XCP-ng", "8.2", "2025-09-15", "full", True, (FULL, EXTRA)),
        ("XCP-ng", "8.2", "2025-09-16", "full", True, (FULL, EXTRA, SKULL)),
        ("XenServer", "9", "2026-11-23", "full", True, (FULL,)),
        ("XenServer", "7.2", "2018-04-12", "partial", True, (PARTIAL,)),
        ("XenServer", "7.2", "2018-04-13", "partial", True, (PARTIAL, SKULL)),
        ("XenServer", "6.2", "2026-11-23", "partial", False, (PARTIAL, SKULL)),
        ("XenServer", "6.0", "2026-11-23", "unlisted", False, (SKULL,)),
        ("XenServer", "6.0.2", "2026-11-23", "unlisted", False, (SKULL,)),
    ],
)
def test_the_shipped_list_says_of_a_release(
    matrix: Matrix, product: str, number: str, on: str, level: str, official: bool, signs: tuple[Badge, ...]
) -> None:
    release = matrix.release(Product(product), number)
    assert release
    support = matrix.support(release, date.fromisoformat(on))
    assert (support.level, support.official) == (level, official)
    assert badges(support, (release.lifecycle.stage(date.fromisoformat(on)),)) == signs
