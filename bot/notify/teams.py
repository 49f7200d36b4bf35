"""Microsoft Teams by a Workflows webhook, as an Adaptive Card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook. A 202 says that
the flow was asked to run, no more. Text stands in runs, of which nothing is read as Markdown.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.alerts.delivery.outcome import Delivered, Outcome
from bot.chat.reply import (
    GAP,
    Block,
    Bullets,
    Chart,
    Code,
    Heading,
    Link,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Strong,
    Table,
    Typed,
    line,
    say_line_counted,
)
from bot.checkup import Check
from bot.notify.drawing import PROMPT
from bot.notify.notice import OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.notify.reach import reaches
from bot.terminal.layout import address, cleaned, words_to_type
from bot.web.http_call import CallError, call, failure

LARGEST = 20_000
"""Bytes of a message: Teams takes 28 kB, and trouble was measured from 21 on."""

Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamsNotifier:
    """bot.notify.notifier.Notifier: POSTs a card. A repeat is a second card: Workflows know no key."""

    target: NotifierTarget
    knows_repeats: bool = False
    can_edit: bool = False

    def send(self, notice: OutgoingNotice) -> Outcome:
        try:
            url = self.target.url.partition("+")[2]
            answer = call("POST", url, card(notice.reply), {"content-type": "application/json"}, self.target.ca)
        except CallError as error:
            return error.outcome(self.knows_repeats)
        return failure(answer, self.knows_repeats) or Delivered(notice.key)

    def check(self) -> Iterator[Check]:
        yield reaches(self.target, self.target.url.partition("+")[2])


def card(reply: Reply) -> bytes:
    """The message for a flow, with as much of the reply as it may have."""
    elements = [_text(reply.headline, weight="Bolder", size="Medium")]
    elements += [element for block in reply.blocks for element in _elements(block)]
    quiet = [_text(spans, isSubtle=True, size="Small") for spans in reply.context]

    def with_first(count: int) -> bytes:
        return _message([*elements[:count], *_left_out(len(elements) - count), *quiet])

    if len(made := with_first(len(elements))) <= LARGEST:
        return made
    too_many = bisect_left(range(1, len(elements)), True, key=lambda count: len(with_first(count)) > LARGEST) + 1
    if too_many > 1:
        return with_first(too_many - 1)
    return _message([_text(line(reply.summary[:1000]), weight="Bolder")])  # a headline of a host's name, perhaps


def _message(body: list[Element]) -> bytes:
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "full"},
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": content}
    return json.dumps({"type": "message", "attachments": [attachment]}, separators=(",", ":")).encode()


def _left_out(count: int) -> Iterator[Element]:
    if count:
        left_out = say_line_counted(
            count,
            "{count} more line is left out here: `alerts` has all.",
            "{count} more lines are left out here: `alerts` has all.",
        )
        yield _text(left_out, isSubtle=True)


def _elements(block: Block) -> Iterator[Element]:
    match block:
        case Heading(spans):
            yield _text(spans, weight="Bolder")
        case Paragraph(lines):
            yield from map(_text, lines)
        case Bullets(items, title, numbered):
            if title:
                yield _text(line(title), weight="Bolder")
            for number, item in enumerate(items, 1):
                yield _text((*line(f"{number}. " if numbered else "• "), *item))
        case Chart():
            yield _text(block.in_words)
        case Table(_, rows):
            for row in rows:
                parted = [span for cell in row if cell for span in (*cell, *line(" · "))]
                yield _text(tuple(parted[:-1]))


def _text(spans: RichText, **of_all: Any) -> Element:
    return {"type": "RichTextBlock", "inlines": [{**of_all, **run} for run in _runs(spans)]}


def _runs(spans: RichText) -> Iterator[Element]:
    for span in spans:
        match span:
            case _ if span == GAP:
                yield _run("  ")
            case Strong(text):
                yield _run(text, weight="Bolder")
            case Code(text):
                yield _run(text, fontType="Monospace")
            case Typed(text):
                yield _run(words_to_type(text, PROMPT), fontType="Monospace")
            case Mark(emoji, text):
                yield _run(f"{emoji} {text}".strip())
            case Link(text, url) if url.startswith(("https://", "http://")):
                action = {"type": "Action.OpenUrl", "url": address(url)}
                yield _run(text or url, underline=True, selectAction=action)
            case _:
                yield _run(span.text)


def _run(text: str, **how: Any) -> Element:
    return {"type": "TextRun", "text": cleaned(text), **how}
