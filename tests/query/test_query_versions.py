"""Versions: how a number, a pack or a build is written, and numbers that are ambiguous or of no release."""

import pytest

from bot.matrix.release import Product
from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import BOTH_82, CALLED_8, assert_read, names, only_part

VERSIONS = {
    # versions and how they are written
    "XenServer v7.2": "XenServer 7.2",
    "XenServer version 7.2": "XenServer 7.2",
    "XenServer release 7.2": "XenServer 7.2",
    "release 7.2": "XenServer 7.2",
    "XenServer 7.2.0": "XenServer 7.2",
    "XenServer 9.0": "XenServer 9",
    "XenServer 8.4": "XenServer 8",
    "8.4.0": "XenServer 8",
    "XenServer 7": "XenServer 7.0",
    "XenServer 5": "XenServer 5.0",
    "xenserver7": "XenServer 7.0",
    "XenServer 6.0.2": "XenServer 6.0.2",
    "XenServer 6.0": "XenServer 6.0",
    "XenServer 7.1 LTS": "XenServer 7.1",
    "XenServer 7.1 LTSR": "XenServer 7.1",
    "XenServer 7.2 CR": "XenServer 7.2",
    "XCP-ng 8.2LTS": "XCP-ng 8.2",
    "XCP-ng 8.3.0-rc1": "XCP-ng 8.3",
    "XCP-ng 8.3 beta": "XCP-ng 8.3",
    "XCP-ng 8.3 beta 2": "XCP-ng 8.3",
    "XCP-ng 8.3 release candidate": "XCP-ng 8.3",
    "XenServer 8 preview": "XenServer 8",
    "XenServer 7,2": "XenServer 7.2",
    "8,3": "XCP-ng 8.3",
    "6,5": "XenServer 6.5",
}


@pytest.mark.parametrize("text", VERSIONS)
def test_a_version_is_read_however_it_is_written(reader: Reader, text: str) -> None:
    assert_read(reader, text, VERSIONS[text])


NUMBERS = {
    # a number that only one product has
    "7.2": "XenServer 7.2",
    "8.3": "XCP-ng 8.3",
    "8": "XenServer 8",
    "9": "XenServer 9",
    "7": "XenServer 7.0",
    "5.x": "XenServer 5.0, XenServer 5.5, XenServer 5.6",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_that_only_one_product_has_needs_no_product(reader: Reader, text: str) -> None:
    assert_read(reader, text, NUMBERS[text])


BUILDS = {
    # builds and names of files
    "XenServer release 7.2.0-142457c (xenenterprise)": "XenServer 7.2",
    "XenServer 7.6.0-150000": "XenServer 7.6",
    "XenServer 7.6-7.0": "XenServer 7.6, XenServer 7.0",
    "XCP-ng 8.2.0-2": "XCP-ng 8.2",
    "xcp-ng-8.2.1-20231130.iso": "XCP-ng 8.2",
    "XenServer8_2024-03-18.iso": "XenServer 8",
    "XenServer9_2026-06-23.iso": "XenServer 9",
    "2024-03-18_XenServer8.iso": "XenServer 8",
}


@pytest.mark.parametrize("text", BUILDS)
def test_a_build_or_a_file_has_its_release_in_its_name(reader: Reader, text: str) -> None:
    assert_read(reader, text, BUILDS[text])


@pytest.mark.parametrize(
    ("text", "release", "level"),
    [
        ("XCP-ng 8.2.1", "XCP-ng 8.2", "8.2.1"),
        ("XCP-ng 7.4.1", "XCP-ng 7.4", "7.4.1"),
        ("XenServer 8.2.1", "Citrix Hypervisor 8.2", "CU1"),
        ("8.2 CU1", "Citrix Hypervisor 8.2", "CU1"),
        ("CH8.2CU1", "Citrix Hypervisor 8.2", "CU1"),
        ("XenServer 7.1 Cumulative Update 1", "XenServer 7.1", "CU1"),
        ("7.1 CU2 LTSR", "XenServer 7.1", "CU2"),
        ("7.1 LTSR CU2", "XenServer 7.1", "CU2"),
        ("7.1 (LTSR, CU2)", "XenServer 7.1", "CU2"),
        ("xcp-ng-8.2.1-20231130.iso", "XCP-ng 8.2", "8.2.1"),
        ("7.1 LTSR (CU 2)", "XenServer 7.1", "CU2"),
        ("XenServer 7.1 with CU2", "XenServer 7.1", "CU2"),
        ("CU1 of XenServer 7.1", "XenServer 7.1", "CU1"),
        ("XenServer 7.1.2", "XenServer 7.1", "CU2"),
        ("6.5 SP1", "XenServer 6.5", "SP1"),
        ("XenServer 6.5 Service Pack 1", "XenServer 6.5", "SP1"),
        ("XenServer 5.6 FP1", "XenServer 5.6", "FP1"),
        ("XenServer 5.6 feature pack 1", "XenServer 5.6", "FP1"),
        ("5.6 SP2", "XenServer 5.6", "SP2"),
        ("6.0.2 CC", "XenServer 6.0.2", "CC"),
        ("XenServer 7.2", "XenServer 7.2", None),
    ],
)
def test_an_update_level_belongs_to_its_release(reader: Reader, text: str, release: str, level: str | None) -> None:
    part = only_part(reader, text)
    assert (part.outcome, names(part.releases), part.level) == (Outcome.ASSESSED, release, level)


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        ("8.2", BOTH_82),
        ("what about 8.2?", BOTH_82),
        ("8.2.1", BOTH_82),
        ("8.2 LTS", BOTH_82),
        ("Hypervisor 8.2", BOTH_82),
        ("==8.2", BOTH_82),
        ("update 8.2", BOTH_82),
        ("the 8.2 hosts", BOTH_82),
        ("7.6.0", "XCP-ng 7.6, XenServer 7.6"),
        ("8.1.x", "XCP-ng 8.1, Citrix Hypervisor 8.1"),
        (">=8.3,<8.5", "XCP-ng 8.3, XenServer 8"),
    ],
)
def test_a_number_that_both_products_have_is_ambiguous(reader: Reader, text: str, releases: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, names(part.releases), part.product) == (Outcome.AMBIGUOUS, releases, None)


@pytest.mark.parametrize(
    ("text", "shown", "suggestions"),
    [
        ("XenServer 7.7", "XenServer 7.7", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("is XenServer 7.7 ok?", "XenServer 7.7", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("Citrix Hypervisor 8", "Citrix Hypervisor 8", CALLED_8),
        ("Citrix® Hypervisor™ 8", "Citrix Hypervisor 8", CALLED_8),
        ("CH 8", "CH 8", CALLED_8),
        ("is ch8 ok", "ch8", CALLED_8),
        ("CH, 8", "CH 8", CALLED_8),
        ("6", "6", "XenServer 6.5, XenServer 6.2, XenServer 6.1, XenServer 6.0.2"),
        ("XenServer 7.2 CU5", "XenServer 7.2 CU5", "XenServer 7.2"),
        ("XCP-ng 8.2.5", "XCP-ng 8.2.5", "XCP-ng 8.2, XCP-ng 8.3"),
        ("XCP-ng 7.2", "XCP-ng 7.2", "XCP-ng 7.4, XenServer 7.2, XCP-ng 7.5"),
        ("XCP-ng 9.x", "XCP-ng 9.x", "XCP-ng 8.3, XenServer 9, XCP-ng 8.2"),
        ("XCP-ng dundee", "XCP-ng dundee", "XenServer 7.0"),
        ("xs72", "xs72", "XenServer 7.2"),
        ("82", "82", BOTH_82),
        ("7.7", "7.7", "XCP-ng 7.6, XenServer 7.6, XCP-ng 8.0, Citrix Hypervisor 8.0"),
        ("XenServer >=7.7,<7.9", "XenServer >=7.7,<7.9", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("XenServer >=7.0,<", "XenServer >=7.0,<", "XenServer 7.0, XenServer 7.1"),
        ("XenServer => 7.0", "XenServer => 7.0", "XenServer 7.0, XenServer 7.1"),
        ("XenServer >9", "XenServer >9", "XenServer 9, XenServer 8"),
        ("is XenServer fine with 12", "XenServer 12", "XenServer 9, XenServer 8"),
    ],
)
def test_an_unknown_version_comes_with_its_neighbours(reader: Reader, text: str, shown: str, suggestions: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, part.text) == (Outcome.UNKNOWN_VERSION, shown)
    assert (part.releases, names(part.suggestions)) == ((), suggestions)


def test_a_version_without_its_product_is_shown_with_it(reader: Reader) -> None:
    query = reader.read("xs 7.2, 7.7")
    assert [(part.text, part.product) for part in query.parts] == [
        ("xs 7.2", Product.XENSERVER),
        ("xs 7.7", Product.XENSERVER),
    ]
