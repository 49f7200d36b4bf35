"""Whatever stands in a Reply, the terminal gets text: no control character, no escape but our own, no line too wide."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from bot.chat.reply import (
    GAP,
    Ask,
    Bullets,
    Chart,
    ChartPoint,
    Code,
    Column,
    Heading,
    Link,
    Mark,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Strong,
    Table,
    Typed,
)
from bot.terminal.capabilities import Capabilities
from bot.terminal.layout import cleaned, dressed, width, wrapped
from bot.terminal.render import render

OURS = re.compile(r"\x1b\[[0-9;]+m|\x1b\]8;;[!-~]*\x1b\\")

_STEERING = "\x1b[31m", "\x1b]8;;http://x\x07", "\x9b2J", "\x00", "\r\n", "\t", "\u202e", "\u2066", "\ud800", "\u200d"
_USUAL = "word", " ", "  ", "☠️", "⚠️", "\ufe0f", "✅", "日本", "e\u0301", "👨\u200d👩\u200d👧", "🇫🇷", "\xa0", "`", "'"
_any = st.text(st.characters(exclude_categories=()), max_size=8)
texts = st.lists(st.one_of(st.sampled_from(_USUAL), st.sampled_from(_STEERING), _any)).map("".join)
words = st.one_of(texts, st.lists(st.sampled_from(["host", "upgrade", "日本", "☠️", "a"])).map(" ".join))

spans = st.one_of(
    st.just(GAP),
    *(st.builds(kind, words) for kind in (Plain, Strong, Code, Typed)),
    st.builds(Link, words, st.one_of(texts, texts.map(lambda text: f"https://e.org/{text}"))),
    st.builds(Mark, st.one_of(texts, st.sampled_from(["☠️", "✅"])), words),
)
lines = st.lists(spans, max_size=5).map(tuple)


def tuples(of: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=most).map(tuple)


blocks = st.one_of(
    st.builds(Paragraph, tuples(lines)),
    st.builds(Bullets, tuples(lines), st.none() | texts, st.booleans()),
    st.builds(Table, tuples(st.builds(Column, texts)), tuples(tuples(lines)), texts),
    st.builds(Heading, lines),
    st.builds(Chart, texts, texts, tuples(st.builds(ChartPoint, texts, st.integers(-3, 10**6)))),
)
replies = st.builds(
    Reply,
    kind=st.just("x"),
    headline=lines,
    blocks=tuples(blocks),
    buttons=tuples(st.one_of(st.builds(Ask, texts, texts), st.builds(Share, texts)), most=3),
    context=tuples(lines, most=2),
    data=st.none(),
    exit_status=st.just(0),
    assessed=st.none(),
    picture=st.none(),
)
looks = st.builds(Capabilities, st.none() | st.integers(40, 100), st.booleans(), st.booleans(), st.booleans())


@given(replies, looks)
def test_no_reply_gets_anything_but_text_and_our_own_escapes_through(reply: Reply, look: Capabilities) -> None:
    text = render(reply, look)
    if look.color or look.links:
        text = OURS.sub("", text)
    steering = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert steering <= {"\n", "\u200d"}


@given(replies, st.integers(40, 100), st.booleans())
def test_a_line_is_wider_than_the_terminal_only_where_its_last_word_is_too_long(
    reply: Reply, columns: int, color: bool
) -> None:
    """Without emoji, since an emoji and the word after it are one word."""
    for text in OURS.sub("", render(reply, Capabilities(columns, color, emoji=False))).split("\n"):
        if wcswidth(text) > columns:
            assert wcswidth(text.split()[-1]) > columns / 2


@given(lines, st.integers(1, 60))
def test_a_wrapped_line_is_too_wide_only_if_it_is_one_word(spans: RichText, columns: int) -> None:
    for row in wrapped(dressed(spans, Capabilities(columns), "xocompat"), columns):
        text = "".join(piece.text for piece in row)
        assert width(text) <= columns or " " not in text.strip(" ")


@given(replies)
def test_a_pipe_gets_no_escape_and_nothing_drawn(reply: Reply) -> None:
    text = render(reply, Capabilities())
    assert "\x1b" not in text
    assert text.count("─") <= repr(reply).count("─")


@given(replies, looks)
def test_rendering_is_pure(reply: Reply, look: Capabilities) -> None:
    assert render(reply, look) == render(reply, look)


@given(texts)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


@given(texts.map(cleaned))
def test_the_quick_measure_agrees_with_the_table_of_all_characters(text: str) -> None:
    assert width(text) == wcswidth(text)
