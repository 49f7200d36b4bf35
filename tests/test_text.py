"""What chat does to text is undone, and any text can be shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import plain, shown

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("<http://xcp-ng.org|xcp-ng.org> 8.2", "xcp-ng.org 8.2"),
        ("<https://xcp-ng.org/blog>", "xcp-ng.org/blog"),
        ("<http://8.2.to|8.2.to> 8.3", "8.2.to 8.3"),
        ("<mailto:ops@example.org|ops@example.org>", "ops@example.org"),
        ("<@U1|bob> XenServer <@U0123ABC> 7.2", "XenServer 7.2"),
        ("<!here> <!subteam^S1|@ops> 8.2", "8.2"),
        ("<!date^1392734382^{date}|18 Feb 2014>", "18 Feb 2014"),
        ("<#C1|general> 8.2 <#C2>", "general 8.2"),
    ],
)
def test_slack_forms_become_what_was_typed(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        ">=7.0,<7.4, XCP-ng >8.0",
        "XCP-ng >8.0",
        "<7.4",
        "<8 and >7",
        "!=7.2",
        "~=7.0",
        "==7.*",
        "7.*",
        "> 7.2",
        ">=7.2",
        "a@b <7",
    ],
)
def test_ranges_survive(typed: str) -> None:
    assert plain(typed) == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("&gt;=7.0,&lt;7.4", ">=7.0,<7.4"),
        ("&amp;lt;", "&lt;"),
        ("7.2 &amp; 8.2", "7.2 & 8.2"),
        ("&lt;http://x|y&gt;", "<http://x|y>"),
        ("&gt; is XenServer 7.2 ok", "is XenServer 7.2 ok"),
    ],
)
def test_one_level_of_escaping_is_undone(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("７．２", "7.2"),
        ("Ｘｅｎ", "Xen"),
        ("٧.٢", "7.2"),
        ("८.२", "8.2"),
        ("𝟕.𝟐", "7.2"),
        ("XCP‑ng – 8.2 — ‒ − ―", "XCP-ng - 8.2 - - - -"),
        ("‘7.2’ “8.2” ′″", "'7.2' \"8.2\" '\""),
        ("Xen\u00a0Server\u2003\u202f7.2\t!", "Xen Server 7.2 !"),
        ("Xen\u200bSer\u00advem\u2060\ufeff", "XenServem"),
        ("\u202eXen\u2066Server\u200f", "XenServer"),
        ("≥7.0, ≤7.4, ≠7.2", ">=7.0, <=7.4, !=7.2"),
        ("Citrix® Hypervisor™ 8.2", "Citrix Hypervisor 8.2"),
        ("8.2 → 8.3", "8.2 -> 8.3"),
        ("a\u0301e", "ae"),
        ("\x00Xen\x07Server\x7f 7.2\udc80", "XenServer 7.2"),
        ("7.2\r\n8.2", "7.2\n\n8.2"),
    ],
)
def test_characters_that_look_alike_or_are_invisible_are_made_plain(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "*XenServer 7.2*",
        "_XenServer 7.2_",
        "~XenServer 7.2~",
        "`XenServer 7.2`",
        "```XenServer 7.2```",
        "```\nXenServer 7.2\n```",
        "> XenServer 7.2",
        ">>> XenServer 7.2",
        ">XenServer 7.2",
        "*_XenServer_* `7.2`",
        "\x1b[31;1mXenServer\x1b[0m 7.2",
        "\x9b31mXenServer 7.2",
        "\x1b]0;title\x07XenServer 7.2",
        "  XenServer \x1b  7.2 ",
    ],
)
def test_emphasis_quotes_and_escape_sequences_go(typed: str) -> None:
    assert plain(typed) == "XenServer 7.2"


@pytest.mark.parametrize(
    "piece", ["<", "*", "> ", "\n> ", "_", "`", "&lt;", "<http://", "\x1b[", "\x1b]", "\u0301\u0316"]
)
def test_forty_thousand_characters_of_one_kind_are_no_problem(piece: str) -> None:
    assert len(plain(piece * (40_000 // len(piece)))) <= 40_000


@given(ANY_TEXT)
def test_plain_text_holds_nothing_invisible(text: str) -> None:
    once = plain(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]|  ", once)
    assert once.encode().decode() == once


@given(ANY_TEXT, st.integers(1, 80))
def test_whatever_is_shown_is_one_short_printable_line(text: str, limit: int) -> None:
    line = shown(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert line == " ".join(line.split())
    assert shown(line, limit) == line


def test_what_is_too_long_to_be_shown_is_cut_with_an_ellipsis() -> None:
    assert shown("XenServer " * 20, 20) == "XenServer XenServer…"
    assert shown("a" * 60) == "a" * 60
    assert shown("a" * 61) == "a" * 59 + "…"


def test_escape_sequences_are_not_shown_in_part() -> None:
    assert shown("a\x1b[31mb\n\tc\u202e\u200bd\udcff") == "ab cd"
