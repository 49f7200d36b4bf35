"""What an edition costs, and when it ends."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.licence import Licence, LicenceKind, licence_of
from tests.fleet.fleets import host

ENDS = datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("brand", "edition", "kind"),
    [
        ("XenServer", "free", LicenceKind.FREE),
        ("Citrix Hypervisor", "express", LicenceKind.EXPRESS),
        ("XenServer", "trial", LicenceKind.TRIAL),
        ("XenServer", "TRIAL", LicenceKind.TRIAL),
        ("XenServer", "standard-per-socket", LicenceKind.PAID),
        ("XenServer", "premium-per-socket", LicenceKind.PAID),
        ("XenServer", "premium-per-user", LicenceKind.PAID),
        ("XenServer", "enterprise-per-socket", LicenceKind.PAID),
        ("Citrix Hypervisor", "desktop-plus", LicenceKind.PAID),
        ("XenServer", "xendesktop", LicenceKind.PAID),
        ("XenServer", "diamond", LicenceKind.UNKNOWN),
        ("XenServer", "", LicenceKind.UNKNOWN),
        ("XenServer", None, LicenceKind.UNKNOWN),
        (None, None, LicenceKind.UNKNOWN),
    ],
)
def test_an_edition_is_of_a_kind_and_ends_when_the_host_says(
    brand: str | None, edition: str | None, kind: LicenceKind
) -> None:
    said = host("a", product_brand=brand, edition=edition, licence_expires=ENDS)
    assert licence_of(said) == Licence(kind, ENDS)
    assert licence_of(said._replace(licence_expires=None)) == Licence(kind, None)


@pytest.mark.parametrize(("brand", "edition"), [("XCP-ng", None), ("xcp-ng", "free"), (None, "xcp-ng")])
def test_xcp_ng_needs_none_whatever_day_its_record_has(brand: str | None, edition: str | None) -> None:
    said = host("a", product_brand=brand, edition=edition, licence_expires=ENDS)
    assert licence_of(said) == Licence(LicenceKind.XCP_NG, None)


@given(st.none() | st.text(max_size=20))
def test_any_edition_has_a_kind(edition: str | None) -> None:
    assert licence_of(host("a", product_brand="XenServer", edition=edition)).kind in LicenceKind
