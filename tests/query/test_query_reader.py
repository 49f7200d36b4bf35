"""What holds for every text, and for every spelling of every release."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.grammar import MOST_PARTS, Grammar
from bot.query.query import Outcome, Query
from bot.query.reader import Reader
from bot.query.spellings import HYPERVISOR_NAMES, PRODUCT_NAMES, Spellings

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
WORDS = """
    XenServer XCP-ng Citrix Hypervisor CH xs xcp xen XO Debian ESXi Proxmox Foo XenSever is the hosts VMs dundee nile
    before until since
    from between through up (CU1, CU2) _2024-03-18 -142457c next year tomorrow
    7.2 8.2 8.3 7 8 9 82 7.7 7.x 8.* 8.2.1 6.0.2 12 7.2.0 CU1 SP1 cu 1 LTS rc beta v version and or / + - -> , ; . .. ?
    > < >= <= == != ~= === = <7.4 >=7.0, 7,2 on 2028-12-01 2028-13-01 Dec 1 2028 in newer older than <@U1> &gt; * _ ~ `
"""
TOKENS = st.lists(
    st.tuples(st.sampled_from(WORDS.split()), st.sampled_from(["", " ", " ", " ", "\n", ", "])), max_size=12
)
DOMAIN_TEXT = TOKENS.map(lambda tokens: "".join(word + gap for word, gap in tokens))

QUESTIONS = (
    "XenServer 7.2",
    "XCP-ng 8.2 LTS",
    "Citrix Hypervisor 8.2 CU1",
    "is XenServer 7.2 still supported on 2028-12-01?",
    "XenServer >=7.0,<7.4, XCP-ng >8.0",
    "XenServer 6.1 and 6.2",
    "what about 8.2?",
    "XenServer 7.7",
    "XCP-ng",
    "Xen on Debian",
    "Proxmox 8.2",
    "XenServer 7.2, Nonsense",
)


def facts(query: Query) -> object:
    """All of a Query but the words as typed."""
    parts = tuple(
        (part.outcome, part.releases, part.suggestions, part.level, part.product, part.platform) for part in query.parts
    )
    return parts, query.on, query.bad_date


def check(query: Query) -> None:
    assert len(query.parts) <= MOST_PARTS
    for part in query.parts:
        known = part.outcome in (Outcome.ASSESSED, Outcome.AMBIGUOUS)
        assert bool(part.releases) is known
        assert bool(part.suggestions) is not known
        assert bool(part.platform) is (part.outcome is Outcome.UNSUPPORTED_PLATFORM)
        assert part.text.isprintable()
        assert 0 < len(part.text) <= 60
        assert len(set(part.releases)) == len(part.releases)
    if query.bad_date is not None:
        assert query.bad_date.isprintable()
        assert query.on is None


@given(ANY_TEXT)
def test_any_text_is_read(reader: Reader, text: str) -> None:
    check(reader.read(text))


@given(DOMAIN_TEXT)
def test_any_words_of_the_field_are_read(reader: Reader, text: str) -> None:
    check(reader.read(text))


@pytest.fixture(scope="module")
def grammar(matrix: Matrix) -> Grammar:
    return Grammar(matrix.features, Spellings(matrix))


@given(ANY_TEXT | DOMAIN_TEXT)
def test_the_quick_way_and_the_whole_grammar_agree(reader: Reader, grammar: Grammar, text: str) -> None:
    assert reader.read(text) == grammar.read(text)


@pytest.mark.large
def test_both_ways_agree_on_every_name_and_number(reader: Reader, grammar: Grammar, matrix: Matrix) -> None:
    names = ["", *(f"{name} " for names in PRODUCT_NAMES.values() for name in names)]
    for release in matrix.releases:
        for spelling in (*numbers(release), f"{release.number} lts", f"{release.number}.0", f"{release.number} CU1"):
            for name in names:
                for text in (f"{name}{spelling}", f" {name.upper()}{spelling}\t", f"{name}{spelling}\x1c"):
                    assert reader.read(text) == grammar.read(text)


def numbers(release: Release) -> Iterator[str]:
    """Every number, alias and level of a release as the data has it."""
    yield release.number
    yield from release.aliases
    yield from (alias for level in release.levels for alias in level.aliases)


def test_every_number_alias_and_level_of_every_release_reads_back(reader: Reader, matrix: Matrix) -> None:
    for release in matrix.releases:
        for number in numbers(release):
            for name in PRODUCT_NAMES[release.product]:
                if name in HYPERVISOR_NAMES and number == "8":
                    continue  # nothing was called Citrix Hypervisor 8
                query = reader.read(f"{name} {number}")
                assert (query.outcome, query.releases) == (Outcome.ASSESSED, (release,)), f"{name} {number}"


def test_every_level_of_every_release_is_told(reader: Reader, matrix: Matrix) -> None:
    for release in matrix.releases:
        for level in release.levels:
            for alias in level.aliases:
                (part,) = reader.read(f"{release.product} {alias}").parts
                assert part.level == level.name


def test_every_codename_reads_back(reader: Reader, matrix: Matrix) -> None:
    for release in matrix.releases:
        for codename in release.codenames:
            assert reader.read(f"{release.product} {codename}").releases == (release,), codename
            build = f"release/{codename.replace(' ', '-')}/master/58"
            for text in (codename, codename.title(), f"is {codename} ok?", build):
                assert release in reader.read(text).releases, text


@given(st.dates())
def test_what_a_release_is_called_on_any_day_reads_back(reader: Reader, matrix: Matrix, on: date) -> None:
    for release in matrix.releases:
        query = reader.read(release.name(on))
        assert (query.outcome, query.releases) == (Outcome.ASSESSED, (release,))


@given(st.dates())
def test_every_day_reads_back(reader: Reader, on: date) -> None:
    assert reader.read(f"XenServer 7.2 on {on.isoformat()}").on == on


@given(
    places=st.lists(st.integers(0, 99), min_size=1, max_size=8),
    gap=st.sampled_from([", ", ",", "; ", "\n", " and ", " & ", " + ", " / ", " vs ", " or ", " "]),
)
def test_a_list_of_releases_reads_back(reader: Reader, matrix: Matrix, places: list[int], gap: str) -> None:
    releases = dict.fromkeys(matrix.releases[place % len(matrix.releases)] for place in places)
    query = reader.read(gap.join(release.base_name for release in releases))
    assert (query.outcome, query.releases) == (Outcome.ASSESSED, tuple(releases))


@given(DOMAIN_TEXT)
def test_what_is_suggested_can_be_asked_for(reader: Reader, text: str) -> None:
    for suggestion in reader.read(text).suggestions:
        if isinstance(suggestion, Product):
            assert reader.read(suggestion).parts[0].product is suggestion
        else:
            assert reader.read(suggestion.base_name).releases == (suggestion,)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_text_of_a_part_asks_for_the_same_again(reader: Reader, question: str) -> None:
    for part in reader.read(question).parts:
        (again,) = reader.read(part.text).parts
        assert again == part


Mangle = Callable[[str], str]
CHARACTERS: tuple[Mangle, ...] = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda text: text.replace(" ", "\u00a0"),
    lambda text: text.replace(" ", "  \t"),
    lambda text: text.replace("-", "\u2011"),
    lambda text: text.replace(">=", "≥"),
    lambda text: "\u200b".join(text),
    lambda text: "\u00ad".join(text),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    lambda text: "".join(chr(ord(c) - ord("0") + 0x0660) if c in "0123456789" else c for c in text),
)
AROUND: tuple[Mangle, ...] = (
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    lambda text: f"*{text}*",
    lambda text: f"_{text}_",
    lambda text: f"`{text}`",
    lambda text: f"```\n{text}\n```",
    lambda text: f"\u201c{text}\u201d",
    lambda text: f"<@U1|bob> {text}",
    lambda text: f"\x1b[1m{text}\x1b[0m",
    lambda text: f"\u202e{text}\u202c",
)


@given(
    question=st.sampled_from(QUESTIONS),
    characters=st.lists(st.sampled_from(CHARACTERS), max_size=3),
    around=st.lists(st.sampled_from(AROUND[1:]), max_size=2),
    escaped=st.booleans(),
)
def test_chat_may_mangle_a_question(
    reader: Reader, question: str, characters: list[Mangle], around: list[Mangle], escaped: bool
) -> None:
    mangled = question
    for mangle in (*characters, *(AROUND[:1] if escaped else ()), *around):
        mangled = mangle(mangled)
    assert facts(reader.read(mangled)) == facts(reader.read(question))


@pytest.mark.large
@pytest.mark.parametrize(
    "piece",
    ["<", ">", "*", "-", "7.", "7,", "7.7 ", "7.7,", "7.x", "1", "a-", "a.b.", "&lt;", "<http://", "\x1b[", "\n> ",
     "on ", "on 2028-12-0", "1 Dec ", "XenServer ", "xen foo ", "xen sexver ", "debian 8 ", "8.2 CU1 ", "and ",
     "<7.0,", "foo,", "XCP-ng 9.9,", "8.2 or newer ", "dundee ", "ﷺ", "\u0301\u0316", "l'", "+", "7-", "7..",
     "7-7", "(cu1, ", "7. ", "before 7 ", "from 7 to ", "in 3 ", "_2028-12-01", "product_version: 7 ",
     "{product_version", "product_version: 7.2; ", "a-.xcpng8.3", "release/a", "XS82E001 ", "end of ", "am 1.12.",
     "in 2 y", "qcow2 ", "x-", "8-2-1", "> 7 but not ", "7-1a", "7 lts-", "8.3 rc ", "7 and > 7.2 ", ">=7 ,",
     "cu 1 of ", "8, 3", "8-", "host-8", "8. ", "of our ", "xo on debian ", "XenServer\n"],
)  # fmt: skip
def test_forty_thousand_characters_of_one_kind_are_read(reader: Reader, piece: str) -> None:
    check(reader.read(piece * (40_000 // len(piece))))


def test_a_plain_question_loads_no_grammar() -> None:
    """It takes as long to load as all the rest of a look-up."""
    code = (
        "import sys; from bot.matrix.load import load_matrix; from bot.query.reader import Reader\n"
        "reader = Reader(load_matrix()); reader.read('XenServer 7.2')\n"
        "print('bot.query.grammar' in sys.modules, 'bot.query.words' in sys.modules)\n"
        "reader.read('is XenServer 7.2 ok?'); print('bot.query.grammar' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout.split() == ["False", "False", "True"]
