"""What machines say of themselves, as people paste it into a chat."""

import json

import pytest

from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import names

DUMP = """uuid ( RO)                                  : 2c1a5d0e-7d3b-4c1a-9f65-3f0f5ce7e0a1
                       name-label ( RW): xcp1
                 name-description ( RW): Default install of 7.6
                       other-config (MRW): agent_start_time: 1700000000.; iscsi_iqn: iqn.2019-01.org:a1
                 software-version (MRO): product_version: {version}; product_version_text: 8.2; platform_name: XCP;\
 platform_version: 3.2.1; product_brand: {brand}; build_number: release/yangtze/master/58; hostname: localhost;\
 date: 2023-10-18; dbv: 0.0.1; xapi: 1.20; xen: 4.13.5-9.39; linux: 4.19.0+1
             supported-bootloaders (SRO): pygrub; eliloader
                            license-params (MRO): sku_type: free; version: 7.2; expiry: 20300101T00:00:00Z"""


@pytest.mark.parametrize(
    ("text", "release", "level"),
    [
        (
            "product_version: 8.1.0; platform_name: XCP; platform_version: 3.1.0; product_brand: Citrix Hypervisor;"
            " date: 2019-12-04",
            "Citrix Hypervisor 8.1",
            None,
        ),
        ('"product_version": "8.2.1", "product_brand": "XCP-ng", "date": "2023-10-18"', "XCP-ng 8.2", "8.2.1"),
        ('```{"product_brand": "XCP-ng",\n "product_version": "8.2.1"}```', "XCP-ng 8.2", "8.2.1"),
        (
            "product_version: 8.4.0; platform_name: XCP; platform_version: 3.4.0; product_brand: XenServer;"
            " build_number: stream; date: 20240606T14:09:08Z; linux: 4.19.0+1",
            "XenServer 8",
            None,
        ),
        ("PRODUCT_BRAND='XCP-ng'\nPRODUCT_NAME='xenenterprise'\nPRODUCT_VERSION='8.3.0'", "XCP-ng 8.3", None),
        ("{'product_brand': 'XenServer', 'product_version': '7.2.0', 'xapi': '1.3'}", "XenServer 7.2", None),
        (json.dumps({"productBrand": "XCP-ng", "version": "8.2.1", "tags": ["a 7.2"]}), "XCP-ng 8.2", "8.2.1"),
        (
            json.dumps({"host": {"product_version": "7.6.0", "product_brand": "XenServer"}}, indent=1),
            "XenServer 7.6",
            None,
        ),
        (DUMP.format(version="8.2.1", brand="XCP-ng"), "XCP-ng 8.2", "8.2.1"),
        (DUMP.format(version="7.0.0", brand="XenServer"), "XenServer 7.0", None),
        ("xapi-core-24.11.0-1.3.xcpng8.3.x86_64", "XCP-ng 8.3", None),
        ("kernel-4.19.19-8.0.38.1.xcpng8.2.x86_64.rpm", "XCP-ng 8.2", None),
        ("xapi-core-1.249.5-1.xs8.x86_64", "XenServer 8", None),
        ("XS82ECU1056", "Citrix Hypervisor 8.2", "CU1"),
        ("XS71ECU2045.iso", "XenServer 7.1", "CU2"),
        ("xs70e045", "XenServer 7.0", None),
        ("XS62ESP1004", "XenServer 6.2", "SP1"),
        ("XS602E001", "XenServer 6.0.2", None),
    ],
)  # fmt: skip
def test_a_record_is_one_host(reader: Reader, text: str, release: str, level: str | None) -> None:
    for asked in (text, f"{text}\nis this still ok?"):
        query = reader.read(asked)
        assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, release)
        assert (query.on, query.bad_date, query.unused) == (None, None, ())
        assert [part.level for part in query.parts] == [level]


@pytest.mark.parametrize(
    ("brand", "version"),
    [
        ("XCP-ng", "8.2.1"), ("XCP-ng", "8.3.0"), ("Citrix Hypervisor", "8.2.1"), ("XenServer", "8.3.0"),
        ("XenServer", "8.3.60"), ("XenServer", "7.0.0-125380c"), ("XCP-ng", "8.3.0-rc2"), ("XCP-ng", "8.3.0-beta1"),
        ("XCP-ng", "8.3.0-alpha"), ("XCP-ng", "8.3.0-preview2"), ("XCP-ng", "8.3.0-RC.1"), ("XCP-ng", "8.2.0-2"),
        ("XenServer", "8.4.0"), ("XCP-ng", "9.0.0"), ("XenServer", "7.7.0"), ("XenServer", "7.1.2"),
    ],
)  # fmt: skip
def test_a_look_up_and_a_probe_never_disagree(reader: Reader, brand: str, version: str) -> None:
    probed = reader.identify(brand, version)
    for text in (f"{brand} {version}", f"product_brand: {brand}; product_version: {version}"):
        (part,) = reader.read(text).parts
        facts = (part.outcome, part.releases, part.level, part.prerelease)
        assert facts == (probed.outcome, probed.releases, probed.level, probed.prerelease), text


def test_several_records_are_several_hosts(reader: Reader) -> None:
    dumps = f"{DUMP.format(version='8.2.1', brand='XCP-ng')}\n{DUMP.format(version='7.2.0', brand='XenServer')}"
    assert names(reader.read(dumps).releases) == "XCP-ng 8.2, XenServer 7.2"


@pytest.mark.parametrize("text", ["release/yangtze/master/58", "yangtze", "build_number: release/yangtze/master/58"])
def test_a_build_that_two_products_share_names_both(reader: Reader, text: str) -> None:
    query = reader.read(text)
    assert (query.outcome, names(query.releases)) == (Outcome.AMBIGUOUS, "XCP-ng 8.2, Citrix Hypervisor 8.2")


@pytest.mark.parametrize("version", ["8.3.0", "8.4.0"])
def test_a_preview_says_so_itself(reader: Reader, version: str) -> None:
    text = f"product_version: {version}; product_brand: XenServer; is_preview_release: true"
    (part,) = reader.read(text).parts
    assert (names(part.releases), part.prerelease) == ("XenServer 8", "preview")
    assert reader.identify("XenServer", version, True).prerelease == "preview"


@pytest.mark.parametrize(
    ("text", "release", "prerelease"),
    [
        ("XCP-ng 8.3 RC1", "XCP-ng 8.3", "RC1"),
        ("XCP-ng 8.3 rc 2", "XCP-ng 8.3", "RC2"),
        ("XCP-ng 8.3.0-rc2", "XCP-ng 8.3", "RC2"),
        ("XCP-ng 8.3RC1", "XCP-ng 8.3", "RC1"),
        ("xcp-ng 8.3-beta", "XCP-ng 8.3", "beta"),
        ("8.3-beta", "XCP-ng 8.3", "beta"),
        ("XCP-ng 8.3 beta 1", "XCP-ng 8.3", "beta1"),
        ("8.3.0-beta1", "XCP-ng 8.3", "beta1"),
        ("XCP-ng 8.3 alpha", "XCP-ng 8.3", "alpha"),
        ("the RC1 of XCP-ng 8.3", "XCP-ng 8.3", "RC1"),
        ("XCP-ng 8.3 LTS release candidate 2", "XCP-ng 8.3", "RC2"),
        ("XenServer 8.3", "XenServer 8", "preview"),
        ("XenServer 8.3.60", "XenServer 8", "preview"),
        ("XenServer 8 preview", "XenServer 8", "preview"),
        ("8.3", "XCP-ng 8.3", None),
        ("XCP-ng 8.3", "XCP-ng 8.3", None),
    ],
)
def test_a_prerelease_is_not_its_release(reader: Reader, text: str, release: str, prerelease: str | None) -> None:
    (part,) = reader.read(text).parts
    assert (names(part.releases), part.prerelease) == (release, prerelease)
    assert reader.read(text).unused == ()
