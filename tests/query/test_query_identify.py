"""What a host says of itself, by the facts' table of version fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.query.query import Outcome
from bot.query.reader import Reader


@pytest.mark.parametrize(
    ("brand", "version", "release"),
    [
        ("XCP-ng", "8.3.0", "XCP-ng 8.3"),
        ("XCP-ng", "8.2.1", "XCP-ng 8.2"),
        ("XCP-ng", "8.2.0", "XCP-ng 8.2"),
        ("XCP-ng", "8.1.0", "XCP-ng 8.1"),
        ("XCP-ng", "8.0.0", "XCP-ng 8.0"),
        ("XCP-ng", "7.6.0", "XCP-ng 7.6"),
        ("XCP-ng", "7.5.0", "XCP-ng 7.5"),
        ("XCP-ng", "7.4.0", "XCP-ng 7.4"),
        ("XenServer", "9.0.0", "XenServer 9"),
        ("XenServer", "8.4.0", "XenServer 8"),
        ("XenServer", "8.3.1", "XenServer 8"),
        ("Citrix Hypervisor", "8.2.1", "XenServer 8.2"),
        ("Citrix Hypervisor", "8.2.0", "XenServer 8.2"),
        ("Citrix Hypervisor", "8.1.0", "XenServer 8.1"),
        ("XenServer", "7.1.2", "XenServer 7.1"),
        ("XenServer", "7.2.0", "XenServer 7.2"),
        ("XenServer", "6.5.0", "XenServer 6.5"),
        ("XenServer", "6.1.0", "XenServer 6.1"),
        ("XenServer", "6.0.2", "XenServer 6.0.2"),
        ("XenServer", "6.0.0", "XenServer 6.0"),
        ("XenServer", "5.6.100", "XenServer 5.6"),
        ("XenServer", "5.6.0", "XenServer 5.6"),
        ("XCP-ng", "9.0.0", None),
        ("XCP-ng", "8.3.0, 7.6", None),
        ("XCP-ng", "", None),
        ("XCP-ng", None, None),
        (None, "8.3.0", None),
        ("Proxmox", "8.3.0", None),
        ("<!channel>", "8.3.0", None),
    ],
)
def test_brand_and_version_together_name_the_release(
    reader: Reader, brand: str | None, version: str | None, release: str | None
) -> None:
    part = reader.identify(brand, version)
    found = [f"{r.product} {r.number}" for r in part.releases]
    assert found == ([release] if release else [])
    assert (part.outcome is Outcome.UNKNOWN_VERSION) == (release is None)


def test_an_unknown_version_has_the_nearest_names(reader: Reader) -> None:
    nearest = reader.identify("XCP-ng", "9.0.0").suggestions[0]
    assert "8.3" in str(getattr(nearest, "number", nearest))


@given(st.text(), st.text())
def test_whatever_a_host_says_it_is_one_release_or_none(reader: Reader, brand: str, version: str) -> None:
    assert len(reader.identify(brand, version).releases) <= 1
