"""Every piece of a question is used, is courtesy or grammar, or is named."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.matrix import Matrix
from bot.query.query import Outcome
from bot.query.reader import Reader
from bot.query.words import VOCABULARY
from bot.text import fold
from tests.query.readings import names

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("text", "releases", "unused"),
    [
        ("XenServer 7.2", "XenServer 7.2", ""),
        ("hello, is our old XenServer 7.2 still supported with Xen Orchestra, please?", "XenServer 7.2", ""),
        ("XenServer 7.2 LTSR hosts and VMs", "XenServer 7.2", ""),
        ("XCP-ng 8.2 with veeam 12 and zorp, thanks!", "XCP-ng 8.2", "veeam 12 and zorp"),
        ("we run 3 hosts on XCP-ng 8.2", "XCP-ng 8.2", "3 hosts"),
        ("Debian 12 on XCP-ng 8.3", "XCP-ng 8.3", "Debian 12"),
        ("XO 5.98 with XCP-ng 8.2", "XCP-ng 8.2", "XO 5.98"),
        ("XenServer 7.2 on our Dell R740", "XenServer 7.2", "Dell R740"),
        ("XenServer 7.1 LTSR (CU1, CU2)", "XenServer 7.1", "CU1, CU2"),
        ("XenServer 7.2 CVE-2026-1234", "XenServer 7.2", "CVE-2026-1234"),
        ("XCP-ng release 8.2.1 (xenenterprise)", "XCP-ng 8.2", "xenenterprise"),
        ("xen-host-7 runs XCP-ng 8.2.1", "XCP-ng 8.2", "xen-host-7"),
        ("XCP-ng 8.2 with 2.5 TiB of storage", "XCP-ng 8.2", "2.5 TiB of storage"),
        ("XCP-ng 8.2 since 20 Jun 2025 at 08:00 UTC", "XCP-ng 8.2", "20 Jun 2025 at 08:00 UTC"),
        ("XCP-ng 8.2 7 dwarfs", "XCP-ng 8.2", "7 dwarfs"),
        ("XO 5.98 on Debian 12 with XCP-ng 8.2", "XCP-ng 8.2", "XO 5.98 on Debian 12"),
        ("XCP-ng 8.2 as json", "XCP-ng 8.2", "json"),
        ("XCP-ng 8.2 🙏", "XCP-ng 8.2", ""),
        ("XenServer\n7.2", "XenServer 7.2", ""),
        ("XCP-ng:\n8.2, 8.3", "XCP-ng 8.2, XCP-ng 8.3", ""),
        (
            "XenServer 7 Supplemental Packs: BasePack (version 2.1.0) XenCenter version 7.0 (build 7.0.1.3852) 64-bit",
            "XenServer 7.0",
            "Supplemental Packs: BasePack; version 2.1.0; XenCenter version 7.0; build 7.0.1.3852; 64-bit",
        ),
    ],
)
def test_what_no_answer_uses_is_named(reader: Reader, text: str, releases: str, unused: str) -> None:
    query = reader.read(text, TODAY)
    assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, releases)
    assert "; ".join(query.unused) == unused
    assert not query.misses_version


@pytest.mark.parametrize("text", ["XenServer 7.2 >=", "XenServer 7.2 < XenServer", "XCP-ng 8.2 >= and <="])
def test_a_range_that_is_none_is_named_as_such(reader: Reader, text: str) -> None:
    assert reader.read(text).misses_version or reader.read(text).outcome is Outcome.UNKNOWN_VERSION


PIECES = ("zorp", "Quux", "blorf42", "7777777", "10.0.0.1", "naïveté", "x-9000", "foo.bar", "§12", "Ünbekannt", "r740")
KNOWN = ("is", "still", "supported", "please", "with", "on", "our", "hosts", "the", "and", "thanks", "vTPM", "LTS")


@st.composite
def questions(draw: st.DrawFn, releases: tuple[str, ...]) -> tuple[str, list[str], list[str]]:
    asked = draw(st.lists(st.sampled_from(releases), min_size=1, max_size=2, unique=True))
    random = draw(st.lists(st.sampled_from(PIECES), max_size=3, unique=True))
    words = draw(st.lists(st.sampled_from(KNOWN), max_size=4))
    mixed = draw(st.permutations([*asked, *random, *words]))
    return draw(st.sampled_from([" ", ", ", " ; ", "\n"])).join(mixed), asked, random


@given(st.data())
def test_each_piece_is_used_or_courtesy_or_named(reader: Reader, matrix: Matrix, data: st.DataObject) -> None:
    by_name = {release.base_name: release for release in matrix.releases}
    text, asked, random = data.draw(questions(tuple(by_name)))
    query = reader.read(text, TODAY)
    said = " ".join((*query.unused, *(part.text for part in query.parts), query.bad_date or "")).casefold()
    for piece in random:
        assert piece.strip("§").casefold() in said, (piece, query)
    assert {by_name[name] for name in asked} <= set(query.releases)
    assert set(query.releases) <= {by_name[name] for name in asked}, "a verdict that nobody asked for"


@given(st.lists(st.text(st.characters(categories=("L", "Nd")), min_size=2, max_size=12), min_size=1, max_size=4))
def test_no_word_is_dropped(reader: Reader, words: list[str]) -> None:
    query = reader.read(f"XCP-ng 8.3, {', '.join(words)}", TODAY)
    pieces = (*query.unused, *(part.text for part in query.parts))
    said = " ".join(fold(word) for piece in pieces for word in piece.split())  # `fold` cuts what is longer than a word
    courtesy = {fold(phrase) for phrase in VOCABULARY}
    for word in words:
        if word.isalpha() and word.isascii() and fold(word) not in courtesy:
            assert fold(word) in said or query.on or query.features, (word, query)
