"""Replies of any shape and any text, for properties that must hold for all of them."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.chat.reply import (
    GAP,
    Act,
    Ask,
    Block,
    Bullets,
    Button,
    ChannelName,
    Chart,
    ChartPoint,
    Code,
    Column,
    ColumnKind,
    Heading,
    Link,
    Mark,
    Menu,
    MenuEntry,
    Moment,
    Paragraph,
    PersonName,
    Plain,
    Reply,
    RichText,
    Share,
    Sortable,
    Span,
    Strong,
    Table,
    Typed,
)

_NASTY = (
    "<!channel>",
    "<@U0123456>",
    "&amp;",
    "*",
    "_~`",
    "\n",
    "\u202e",
    "```",
    "> ",
    "|",
    "\ud800",
    "😀",
    "https://x.example",
)
texts = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(_NASTY), max_size=8).map("".join),
    st.builds(
        lambda text, times: text * times, st.sampled_from(("&", "x", "<a> ", "é😀", '"', "\\")), st.integers(0, 4000)
    ),
)
_moments = st.integers(0, 2**32).map(lambda at: datetime.fromtimestamp(at, UTC))
spans: st.SearchStrategy[Span] = st.one_of(
    st.just(GAP),
    st.builds(Plain, texts),
    st.builds(Strong, texts),
    st.builds(Code, texts),
    st.builds(Typed, texts),
    st.builds(Mark, st.sampled_from(("✅", "☠️", "")), texts),
    st.builds(Sortable, texts, st.integers()),
    st.builds(Moment, texts, _moments),
    st.builds(PersonName, st.one_of(texts, st.just("U1"))),
    st.builds(ChannelName, st.one_of(texts, st.just("C1"))),
    st.builds(Link, texts, st.one_of(texts, st.just("https://example.org/?a=1&b=2"))),
)
lines: st.SearchStrategy[RichText] = st.lists(spans, max_size=4).map(tuple)
_rows = st.lists(st.lists(lines, max_size=3).map(tuple), max_size=60).map(tuple)
_columns = st.lists(st.builds(Column, texts, st.sampled_from(ColumnKind)), max_size=3).map(tuple)
_many = st.lists(lines, max_size=60).map(tuple)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, _many),
    st.builds(
        Chart, texts, texts, st.lists(st.builds(ChartPoint, texts, st.integers(0, 10**6)), max_size=25).map(tuple)
    ),
    st.builds(Heading, lines),
    st.builds(Bullets, _many, st.one_of(st.none(), texts), st.booleans()),
    st.builds(Table, _columns, _rows, texts, st.booleans()),
)
buttons: st.SearchStrategy[Button] = st.one_of(
    st.builds(Ask, texts, texts),
    st.builds(Share, texts),
    st.builds(Act, texts, texts),
    st.builds(Menu, texts, texts, st.lists(st.builds(MenuEntry, texts, texts, st.booleans()), max_size=5).map(tuple)),
)
replies: st.SearchStrategy[Reply] = st.tuples(
    lines,
    st.lists(blocks, max_size=8).map(tuple),
    st.lists(buttons, max_size=5).map(tuple),
    st.lists(lines, max_size=12).map(tuple),
).map(lambda parts: Reply("any", *parts))
