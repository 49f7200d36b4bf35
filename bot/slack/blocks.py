"""A Reply as messages of Block Kit, within all of Slack's limits: the first one whole, nothing lost without a word."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.reply import (
    GAP,
    NOTICE,
    Block,
    Bullets,
    Heading,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Strong,
    Table,
    plain,
)
from bot.slack.actions import elements
from bot.slack.mrkdwn import TEXT_MAX, escape, mrkdwn

HEADLINE_MAX = 1000
NOTHING = "Nothing to show."


def _parts(part: list[str], blocks: Iterable[Block]) -> Iterator[list[str]]:
    """Lines that stand together; the first ones stand with `part`.

    The first paragraph stands with the headline or heading above it, and headings without anything between them are
    one list.
    """
    takes: tuple[type[Block], ...] = (Paragraph,)
    for block in blocks:
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
    match block:
        case Paragraph(lines):
            return lines
        case Heading(only):
            return (only,)
        case Bullets(items, title, numbered):
            signs = (f"{at}. " if numbered else "• " for at in range(1, len(items) + 1))
            return (*_title(title), *((Plain(sign), *item) for sign, item in zip(signs, items, strict=True)))
        case Table(header, rows, title):
            # On a phone a row is a line, and the title names columns that do not speak for themselves.
            columns = f": {', '.join(filter(None, header[1:]))}" if len(header) > 2 else ""
            # A gap stands between cells: it is for facts, not for the lack of one.
            shown = (tuple(s for cell in filter(plain, row) for s in (GAP, *cell))[1:] for row in rows)
            return (*_title(title, columns), *shown)


def _title(title: str | None, more: str = "") -> tuple[RichText, ...]:
    return ((Strong(title), Plain(more)),) if title else ()


Json = dict[str, Any]

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

    def body(self, **more: Any) -> Json:
        """What is sent, with the fields of its method. Nothing in it unfurls."""
        return {"text": self.text, "blocks": [*self.blocks], "unfurl_links": False, "unfurl_media": False, **more}


def messages(reply: Reply, shared_by: str | None = None, most: int = MESSAGES_MAX) -> tuple[SlackMessage, ...]:
    """The messages of a reply, at most `most`: one, unless it is very long or has a rest.

    A reply that is shared names who shared it (a Slack user id) and can't be shared again.
    """
    if reply.kind == NOTICE:
        said = reply.headline
        only: Json = {"type": "section", "text": _text(mrkdwn(said).strip() or NOTHING)}
        return (SlackMessage(escape(plain(said), SUMMARY_MAX) or NOTHING, (only,)),)
    first_part = [mrkdwn(reply.headline, HEADLINE_MAX).strip() or NOTHING]
    head, *body = _sections(_parts(first_part, reply.blocks))
    quiet = [mrkdwn(each, CONTEXT_TEXT_MAX) for each in reply.context]
    if shared_by:
        quiet = [*quiet[: CONTEXT_MAX - 2], f"shared by <@{shared_by}>"]
    room = BUDGET - _NOTE - size([head, *_context(quiet)])
    buttons = elements(reply.buttons, shared_by is not None)
    while buttons and size(buttons) + 50 > room:
        buttons.pop()
    actions: list[Json] = [{"type": "actions", "elements": buttons}] if buttons else []
    room = BUDGET - _NOTE - size([head, *actions, *_context(quiet)])
    summary = escape(reply.summary, SUMMARY_MAX) or NOTHING
    pages = [*_pages(body, room)]
    if below := _sections(_parts([], reply.rest)):
        pages += _pages(below, BUDGET - _NOTE)
    sent = pages[:most]
    left = sum(block["text"]["text"].count("\n") + 1 for page in pages[most:] for block in page)
    notes = [*_notes(len(sent), left)]
    first = SlackMessage(summary, (head, *sent[0], *actions, *_context([*quiet[: CONTEXT_MAX - 1], notes[0]])))
    following = zip(sent[1:], notes[1:], strict=True)
    return (first, *(SlackMessage(summary, (*page, *_context([note]))) for page, note in following))


def size(blocks: Sequence[Json]) -> int:
    """How much of the budget blocks take."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _sections(parts: Iterable[list[str]]) -> list[Json]:
    """The lines of each part in as few sections as Slack's limit allows."""
    texts: list[str] = []
    for part in parts:
        text = ""
        for each in part:
            if text and len(text) + 1 + len(each) > TEXT_MAX:
                texts.append(text)
                text = ""
            text = f"{text}\n{each}" if text else each
        if text:
            texts.append(text)
    return [{"type": "section", "text": _text(text)} for text in texts]


def _text(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _context(texts: Iterable[str]) -> list[Json]:
    found = [_text(text) for text in texts if text.strip()][:CONTEXT_MAX]
    return [{"type": "context", "elements": found}] if found else []


def _pages(blocks: Iterable[Json], room: int) -> Iterator[list[Json]]:
    """The blocks of each message; `room` is what the first has left, and it may stay empty."""
    page: list[Json] = []
    for block in blocks:
        if size([*page, block]) > room or len(page) == BLOCKS_MAX:
            yield page
            page, room = [], BUDGET - _NOTE
        page.append(block)
    yield page


def _notes(count: int, left: int) -> Iterator[str]:
    """What the context of each message says of the others."""
    follow = count - 1
    yield {0: "", 1: "1 message follows with the rest"}.get(follow, f"{follow} messages follow with the rest")
    for at in range(2, count + 1):
        more = f" · {left} more lines are not shown: ask for less at once" if left and at == count else ""
        yield f"{at} of {count}{more}"
