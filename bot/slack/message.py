"""A Reply as Slack messages: plain dicts with `text` and `blocks`, each within Slack's limits.

The first message is whole in itself: it has the verdict, the buttons and the context, and says how much follows.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.reply import Line, Reply, plain
from bot.slack.button import DAY_OF_PRESS, Days, buttons
from bot.slack.mrkdwn import escape, mrkdwn
from bot.slack.part import NOTHING, blocks_in_parts, parts, texts

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
class Message:
    """One message. `text` is what notifications and screen readers tell."""

    text: str
    blocks: tuple[Json, ...]

    def body(self, **more: Any) -> Json:
        """What is sent, with the fields of the way it goes. Nothing in it unfurls."""
        return {"text": self.text, "blocks": [*self.blocks], "unfurl_links": False, "unfurl_media": False, **more}


def messages(
    reply: Reply, days: Days = DAY_OF_PRESS, shared_by: str | None = None, most: int = MESSAGES_MAX
) -> tuple[Message, ...]:
    """The messages of a reply, at most `most`: one, unless it is very long or has a rest. `days` are what its buttons
    ask about.

    A reply that is shared names who shared it (a Slack user id) and can't be shared again.
    """
    head, *body = (_section(text) for part in parts(reply) for text in texts(part))
    quiet = [mrkdwn(each, CONTEXT_TEXT_MAX) for each in reply.context]
    if shared_by:
        quiet = [*quiet[: CONTEXT_MAX - 2], f"shared by <@{shared_by}>"]
    actions = _actions(reply, days, shared_by is not None, BUDGET - _NOTE - size([head, *_context(quiet)]))
    room = BUDGET - _NOTE - size([head, *actions, *_context(quiet)])
    summary = escape(reply.summary, SUMMARY_MAX) or NOTHING
    pages = [*_pages(body, room)]
    if below := [_section(text) for part in blocks_in_parts(reply.rest) for text in texts(part)]:
        pages += _pages(below, BUDGET - _NOTE)
    kept = pages[:most]
    notes = [*_notes(len(kept), sum(map(_lines, pages[most:])))]
    first = Message(summary, (head, *kept[0], *actions, *_context([*quiet[: CONTEXT_MAX - 1], notes[0]])))
    following = zip(kept[1:], notes[1:], strict=True)
    return (first, *(Message(summary, (*page, *_context([note]))) for page, note in following))


def notice(said: Line) -> Message:
    """A message of one line: an error, a refusal."""
    return Message(escape(plain(said), SUMMARY_MAX) or NOTHING, (_section(mrkdwn(said).strip() or NOTHING),))


def size(blocks: Sequence[Json]) -> int:
    """How much of the budget blocks take."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _text(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _section(text: str) -> Json:
    return {"type": "section", "text": _text(text)}


def _context(texts: Iterable[str]) -> list[Json]:
    elements = [_text(text) for text in texts if text.strip()][:CONTEXT_MAX]
    return [{"type": "context", "elements": elements}] if elements else []


def _actions(reply: Reply, days: Days, shared: bool, room: int) -> list[Json]:
    elements = buttons(reply.buttons, days, shared)
    while elements and size(elements) + 50 > room:
        elements.pop()
    return [{"type": "actions", "elements": elements}] if elements else []


def _pages(blocks: Iterable[Json], room: int) -> Iterator[list[Json]]:
    """The blocks of each message; `room` is what the first has left, and it may stay empty."""
    page: list[Json] = []
    for block in blocks:
        if size([*page, block]) > room or len(page) == BLOCKS_MAX:
            yield page
            page, room = [], BUDGET - _NOTE
        page.append(block)
    yield page


def _lines(page: list[Json]) -> int:
    return sum(block["text"]["text"].count("\n") + 1 for block in page)


def _notes(count: int, left: int) -> Iterator[str]:
    """What the context of each message says of the others."""
    follow = count - 1
    yield {0: "", 1: "1 message follows with the rest"}.get(follow, f"{follow} messages follow with the rest")
    for at in range(2, count + 1):
        more = f" · {left} more lines are not shown: ask for less at once" if left and at == count else ""
        yield f"{at} of {count}{more}"
