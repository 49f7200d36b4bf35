"""A Reply as messages of Block Kit, within all of Slack's limits: the first one whole, nothing lost without a word."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalogue import message, say
from bot.chat.button_value import offered
from bot.chat.reply import (
    NOTICE,
    Block,
    Chart,
    Column,
    ColumnKind,
    Heading,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Strong,
    Table,
    gapped,
    line,
    lines_in,
    plain,
    spoken,
)
from bot.chat.wording import page_notes
from bot.slack.actions import elements
from bot.slack.chart_blocks import chart_block, is_chart
from bot.slack.mrkdwn import TEXT_MAX, escape, mrkdwn, without_ids
from bot.slack.table_blocks import NOTHING as NO_CELL
from bot.slack.table_blocks import TableForm, is_table, length_of, table_blocks

Json = dict[str, Any]

HEADLINE_MAX = 1000
NOTHING = message("Nothing to show.")


def _parts(
    part: list[str], blocks: Iterable[Block], tables: TableForm, charts: bool = False
) -> Iterator[list[str] | Json]:
    """Lines that stand together, tables, and charts below the lines with their numbers; the first stand with `part`.

    The first paragraph stands with the headline or heading above it, and headings without anything between them are
    one list.
    """
    takes: tuple[type[Block], ...] = (Paragraph,)
    for block in blocks:
        if isinstance(block, Table) and tables and not block.as_lines:
            yield part
            yield from table_blocks(block, tables)
            part, takes = [], ()
            continue
        if isinstance(block, Chart) and charts and (drawn := chart_block(block)):
            yield part
            yield [mrkdwn(block.in_words)]
            yield drawn
            part, takes, charts = [], (), False  # one a reply: Slack takes two a message
            continue
        lines = [text for text in map(mrkdwn, _lines(block)) if text.strip()]
        heading = isinstance(block, Heading)
        if isinstance(block, takes):
            part += lines
        else:
            yield part
            part = lines
        takes = (Heading, Paragraph) if heading else ()
    yield part


def _lines(block: Block) -> Iterable[RichText]:
    if isinstance(block, Table) and not block.as_lines:
        names = line(Strong(" · ".join(column.name for column in block.columns)))
        return (names, *(gapped(_legible(block.columns, row)) for row in block.rows))
    signs = {"- ": "• "}
    return ((Plain(signs.get(sign, sign)), *each) if sign else each for sign, each in lines_in(block))


def _filled(cells: Sequence[RichText]) -> Sequence[RichText]:
    """Cells up to the last that shows something; of nothing where one shows nothing."""
    shown = [cell if plain(cell).strip() else () for cell in cells]
    return shown[: max((at for at, cell in enumerate(shown, 1) if cell), default=0)]


def _legible(columns: Sequence[Column], row: Sequence[RichText]) -> Iterator[RichText]:
    """Cells that are read far from their header: a count stands behind its column's name, a dash where nothing is."""
    for at, cell in enumerate(_filled(row)):
        counts = 0 < at < len(columns) and columns[at].kind is ColumnKind.NUMBER
        name = line(f"{columns[at].name.lower()}: ") if counts else ()
        yield (*name, *(cell or line(NO_CELL)))


BLOCKS_MAX = 46
"""Blocks of one message before its buttons and context; Slack takes 50 in all."""

BUDGET = 9_500
"""Characters of a message's blocks as JSON. Slack refuses at some 11,000 with msg_blocks_too_long."""

MESSAGES_MAX = 5
"""Messages of one reply: a response_url can be used five times."""

SUMMARY_MAX = 300
CONTEXT_MAX = 10
CONTEXT_TEXT_MAX = 250
_NOTE = 400
"""Room for the line that says what follows or is missing."""


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message. `text` is for notifications and screen readers."""

    text: str
    blocks: tuple[Json, ...]

    @property
    def has_table(self) -> bool:
        """Whether it has a block that a workspace may not take yet."""
        return any(map(is_table, self.blocks))

    def body(self, **more: Any) -> Json:
        """What is sent, with the fields of its method. Nothing in it unfurls."""
        return {"text": self.text, "blocks": [*self.blocks], "unfurl_links": False, "unfurl_media": False, **more}

    @property
    def has_chart(self) -> bool:
        return any(map(is_chart, self.blocks))

    def without_charts(self) -> "SlackMessage":
        """The same in blocks that every Slack has: the numbers of a chart stand in words, too."""
        return SlackMessage(self.text, tuple(block for block in self.blocks if not is_chart(block)))


def messages(
    reply: Reply,
    shared_by: str | None = None,
    most: int = MESSAGES_MAX,
    tables: TableForm = TableForm.LINES,
    charts: bool = False,
) -> tuple[SlackMessage, ...]:
    """The messages of a reply, at most `most`: one, unless it is very long or has a rest. `tables`: how they are drawn.

    `charts` are drawn only where Slack says whether it takes them: never in an acknowledgement.
    A reply that is shared names who shared it (a Slack user id) and can't be shared again.
    """
    if reply.kind == NOTICE:
        said = reply.headline
        only: Json = {"type": "section", "text": _text(mrkdwn(said).strip() or say(NOTHING))}
        return (SlackMessage(escape(plain(without_ids(said)), SUMMARY_MAX) or say(NOTHING), (only,)),)
    first_part = [mrkdwn(reply.headline, HEADLINE_MAX).strip() or say(NOTHING)]
    head, *body = _sections(_parts([*first_part], reply.blocks, tables, charts))
    quiet = [mrkdwn(each, CONTEXT_TEXT_MAX) for each in reply.context]
    if shared_by:
        quiet = [*quiet[: CONTEXT_MAX - 2], say("shared by {person}", person=f"<@{shared_by}>")]
    room = BUDGET - _NOTE - size([head, *_context(quiet)])
    buttons = elements(offered(reply, shared_by is not None))
    while buttons and size(buttons) + 50 > room:
        buttons.pop()
    actions: list[Json] = [{"type": "actions", "elements": buttons}] if buttons else []
    again = _section(first_part[0])  # each message begins with the headline: notifications are made of it
    room = BUDGET - _NOTE - size([head, *actions, *_context(quiet)])
    summary = escape(spoken(without_ids(reply.headline)), SUMMARY_MAX) or say(NOTHING)
    later = BUDGET - _NOTE - size([again])
    pages = [*_pages(body, room, later)]
    if below := _sections(_parts([], reply.rest, tables)):
        pages += _pages(below, later, later)
    sent = pages[:most]
    left = sum(map(_lines_of, (block for page in pages[most:] for block in page)))
    notes = page_notes(len(sent), left)
    first = SlackMessage(summary, (head, *sent[0], *actions, *_context([*quiet[: CONTEXT_MAX - 1], notes[0]])))
    following = zip(sent[1:], notes[1:], strict=True)
    return (first, *(SlackMessage(summary, (again, *page, *_context([note]))) for page, note in following))


def answers_late(reply: Reply) -> bool:
    """Whether a reply holds what no acknowledgement may: nobody would say that Slack refused it."""
    tables = (block for block in (*reply.blocks, *reply.rest) if isinstance(block, Table))
    return reply.attachment is not None or not all(table.as_lines for table in tables)


def size(blocks: Sequence[Json]) -> int:
    """How much of the budget blocks take: their JSON, but of a table the text of its cells."""
    drawn = [block for block in blocks if not is_table(block)]
    return len(json.dumps(drawn, ensure_ascii=False)) + sum(length_of(block) for block in blocks if is_table(block))


def _lines_of(block: Json) -> int:
    if is_chart(block):
        return 0  # its numbers stand in the section above
    return len(block["rows"]) - 1 if is_table(block) else str(block["text"]["text"]).count("\n") + 1


def _sections(parts: Iterable[list[str] | Json]) -> list[Json]:
    """The lines of each part in as few sections as Slack's limit allows; tables as they are."""
    blocks: list[Json] = []
    for part in parts:
        if isinstance(part, dict):
            blocks.append(part)
            continue
        text = ""
        for each in part:
            if text and len(text) + 1 + len(each) > TEXT_MAX:
                blocks.append(_section(text))
                text = ""
            text = f"{text}\n{each}" if text else each
        if text:
            blocks.append(_section(text))
    return blocks


def _section(text: str) -> Json:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _context(texts: Iterable[str]) -> list[Json]:
    found = [_text(text) for text in texts if text.strip()][:CONTEXT_MAX]
    return [{"type": "context", "elements": found}] if found else []


def _pages(blocks: Iterable[Json], room: int, later: int) -> Iterator[list[Json]]:
    """The blocks of each message; `room` is what the first has left, and it may stay empty; others have `later`."""
    page: list[Json] = []
    for block in blocks:
        second_table = is_table(block) and any(map(is_table, page))
        if size([*page, block]) > room or len(page) == BLOCKS_MAX or second_table:
            yield page
            page, room = [], later
        page.append(block)
    yield page
