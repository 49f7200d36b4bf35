"""Ranges: by signs, by packs' numbers, in words. A range takes every release of the product that is in it."""

import pytest

from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import (
    CALLED_8,
    CH_8,
    FROM_7,
    FROM_70_TO_73,
    UNTIL_7,
    UNTIL_72,
    XCP_UNTIL_81,
    XS_7,
    assert_read,
    names,
)

SIGNS = {
    # ranges
    "XenServer >=7.0,<7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer >= 7.0 , < 7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer >=7.0 <7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer &gt;=7.0,&lt;7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer ≥7.5,≤8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    ">=7.0,<7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    ">=7.2,<7.4, XCP-ng >8.1": "XenServer 7.2, XenServer 7.3, XCP-ng 8.2, XCP-ng 8.3",
    "XenServer >=7.5,<7.7,8.2": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.2",
    "XenServer ~=7.0": XS_7,
    "XenServer ==7.*": XS_7,
    "XenServer 7.x": XS_7,
    "XenServer 7.*": XS_7,
    "XenServer 7.X": XS_7,
    "XenServer ===7.2": "XenServer 7.2",
    "XCP-ng !=8.2,>=8": "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.3",
    "XenServer >8": "Citrix Hypervisor 8.1, Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer >=5.9,<6.1": "XenServer 6.0, XenServer 6.0.2",
    "XenServer 8.x": f"{CH_8}, XenServer 8",
    "XenServer 9.x": "XenServer 9",
    "XenServer 6.0.x": "XenServer 6.0, XenServer 6.0.2",
    "XenServer 5.x": "XenServer 5.0, XenServer 5.5, XenServer 5.6",
    "XenServer 7.5-8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.5 – 8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.5..8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.6-8": f"XenServer 7.6, {CH_8}, XenServer 8",
    "XCP-ng 8.2+": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng 8.2 or newer": "XCP-ng 8.2, XCP-ng 8.3",
    "XenServer 5.5 and older": "XenServer 5.0, XenServer 5.5",
    "newer than XenServer 8.1": "Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer newer than 8.1": "Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer > = 7": FROM_7,
    "XenServer >= 7.0 and < 7.4": FROM_70_TO_73,
    "XenServer >=7.0;<7.4": FROM_70_TO_73,
    "XenServer >=7.0 & <7.4": FROM_70_TO_73,
    ">=7.0/<7.4": FROM_70_TO_73,
    "XenServer >=7.5;<=7.6; XCP-ng 8.2": "XenServer 7.5, XenServer 7.6, XCP-ng 8.2",
    "XenServer <5.5 and >8.4": "XenServer 5.0, XenServer 9",
}


@pytest.mark.parametrize("text", SIGNS)
def test_a_range_is_read_by_its_signs(reader: Reader, text: str) -> None:
    assert_read(reader, text, SIGNS[text])


PACKS = {
    # ranges with the number of an update level
    "XCP-ng >=8.2.1": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng ==8.2.1": "XCP-ng 8.2",
    "XCP-ng >8.2.1": "XCP-ng 8.3",
    "XCP-ng <8.2.1": f"{XCP_UNTIL_81}, XCP-ng 8.2",
    "XCP-ng <8.2": XCP_UNTIL_81,
    "XCP-ng >8.2.0": "XCP-ng 8.3",
    "XCP-ng !=8.2,>=8.2.1": "XCP-ng 8.3",
    "XCP-ng !=8.2.1,>=8.2": "XCP-ng 8.2, XCP-ng 8.3",
    "XenServer >=7.1.1,<7.2": "XenServer 7.1",
    "XenServer ==8.4.0": "XenServer 8",
    "XenServer >6.0.2,<6.2": "XenServer 6.1",
}


@pytest.mark.parametrize("text", PACKS)
def test_a_bound_may_be_an_update_level(reader: Reader, text: str) -> None:
    assert_read(reader, text, PACKS[text])


WORDS = {
    # ranges in words
    "XenServer before 7": UNTIL_7,
    "XenServer below 7": UNTIL_7,
    "before XenServer 7": UNTIL_7,
    "vor XenServer 7": UNTIL_7,
    "bis XenServer 7.2": UNTIL_72,
    "ab XenServer 7.0": FROM_7,
    "XenServer until 7.2": UNTIL_72,
    "XenServer up to 7.2": UNTIL_72,
    "XenServer up to version 7.2": UNTIL_72,
    "XenServer 7.2 and below": UNTIL_72,
    "XenServer since 7.0": FROM_7,
    "XenServer from 7.0 on": FROM_7,
    "XenServer from 7.0 onwards": FROM_7,
    "XenServer from 7.0 on host-3": "XenServer 7.0",
    "XenServer between 7.0 and 7.3": FROM_70_TO_73,
    "XenServer 7.0 through 7.3": FROM_70_TO_73,
    "XenServer 7.0 until 7.3": FROM_70_TO_73,
    "XenServer from 7.0 to 7.3": FROM_70_TO_73,
    "from XenServer 7.0 to 7.3": FROM_70_TO_73,
    "upgrade from XenServer 7.0 to 7.3": "XenServer 7.0, XenServer 7.3",
    "difference between XenServer 7.0 and 7.3": "XenServer 7.0, XenServer 7.3",
    "upgrade XCP-ng 8.2 before 8.3": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng 8.3 since 5 years": "XCP-ng 8.3",
    "how long until XCP-ng 8.2 is dead": "XCP-ng 8.2",
    "how long before 7.1 is dead": "XenServer 7.1",
    "since XCP-ng 8.2 is dead": "XCP-ng 8.2",
    "is XCP-ng 8.2 the same as before?": "XCP-ng 8.2",
}


@pytest.mark.parametrize("text", WORDS)
def test_a_range_is_read_in_words(reader: Reader, text: str) -> None:
    assert_read(reader, text, WORDS[text])


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        ("XCP-ng >= v7.5.0", "XCP-ng 7.5, XCP-ng 7.6, XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.2, XCP-ng 8.3"),
        ("XenServer >=v7.0,<v7.4", FROM_70_TO_73),
        ("XenServer >=7.0 but <7.4", FROM_70_TO_73),
        ("XenServer >=7.0 && <7.4", FROM_70_TO_73),
        ("XenServer <7.4 and >=7.0", FROM_70_TO_73),
        ("XenServer from v7.0 to v7.3", FROM_70_TO_73),
        ("XenServer de 7.0 à 7.3", FROM_70_TO_73),
        ("XenServer von 7.0 bis 7.3", FROM_70_TO_73),
        ("between v7.0 and v7.3 XenServer", FROM_70_TO_73),
        ("XenServer 7.0 up to 7.3", FROM_70_TO_73),
        ("XCP-ng 8.0 or greater", "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.2, XCP-ng 8.3"),
        ("XCP-ng ab 8.0", "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.2, XCP-ng 8.3"),
        ("XCP-ng no older than 8.0", "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.2, XCP-ng 8.3"),
        ("XCP-ng not newer than 7.5", "XCP-ng 7.4, XCP-ng 7.5"),
        ("XCP-ng bis 7.5", "XCP-ng 7.4, XCP-ng 7.5"),
        ("XCP-ng > 7.6 but not 8.2", "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.3"),
        ("XCP-ng >7.6, except 8.2", "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.3"),
    ],
)
def test_both_bounds_count_however_they_are_said(reader: Reader, text: str, releases: str) -> None:
    query = reader.read(text)
    assert (query.outcome, names(query.releases), query.unused) == (Outcome.ASSESSED, releases, ())


def test_bounds_that_leave_nothing_are_no_release(reader: Reader) -> None:
    query = reader.read("XCP-ng >=7.0 but <7.4")
    assert (query.outcome, query.releases) == (Outcome.UNKNOWN_VERSION, ())


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("xenserver 7-2", "XenServer 7.2"),
        ("xcp-ng 8-3", "XCP-ng 8.3"),
        ("xenserver-7-1", "XenServer 7.1"),
        ("xcp-ng-8-2-1", "XCP-ng 8.2"),
        ("xs 6-5 sp1", "XenServer 6.5"),
        ("XenServer_7_2", "XenServer 7.2"),
        ("xenserver 7_6", "XenServer 7.6"),
        ("XenServer 7·2", "XenServer 7.2"),
        ("XenServer 7,2", "XenServer 7.2"),
        ("xenserver 6-0-2", "XenServer 6.0.2"),
    ],
)
def test_other_separators_than_a_dot_are_read(reader: Reader, text: str, release: str) -> None:
    query = reader.read(text)
    assert (query.outcome, names(query.releases), query.unused) == (Outcome.ASSESSED, release, ())


@pytest.mark.parametrize("text", ["Hypervisor 8", "hypervisor version 8", "Citrix 8", "CH 8", "Citrix Hypervisor 8"])
def test_a_short_form_never_becomes_another_product(reader: Reader, text: str) -> None:
    query = reader.read(text)
    assert (query.outcome, names(query.suggestions)) == (Outcome.UNKNOWN_VERSION, CALLED_8)
