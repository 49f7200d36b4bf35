"""A Reply as plain text and as HTML, for who reads it outside of chat: no ids of a chat's people, no buttons."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from html import escape

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
    Plain,
    Reply,
    RichText,
    Span,
    Strong,
    Table,
    Typed,
)
from bot.chat.wording import called
from bot.terminal.capabilities import Capabilities
from bot.terminal.layout import address, cleaned, words_to_type
from bot.terminal.render import render

_WEB = re.compile(r"https?://", re.IGNORECASE)
PROMPT = "xocompat"
"""What stands before words to type: outside of chat they are for a shell."""


def nameless(reply: Reply) -> Reply:
    """A reply in which people and channels of a chat are called by words, without its buttons and files."""
    lines = partial(_mapped, change=called)
    return reply._replace(
        headline=lines(reply.headline),
        blocks=tuple(_block(block, lines) for block in (*reply.blocks, *reply.rest)),
        context=tuple(map(lines, reply.context)),
        buttons=(),
        rest=(),
        attachment=None,
        picture=None,
    )


def _mapped(spans: RichText, change: Callable[[Span], Span]) -> RichText:
    return tuple(map(change, spans))


def _block(block: Block, lines: Callable[[RichText], RichText]) -> Block:
    match block:
        case Paragraph(inner):
            return Paragraph(tuple(map(lines, inner)))
        case Bullets(items):
            return block._replace(items=tuple(map(lines, items)))
        case Heading(spans):
            return Heading(lines(spans))
        case Table(_, rows):
            return block._replace(rows=tuple(tuple(map(lines, row)) for row in rows))
        case Chart():
            return block


def plain_text(reply: Reply) -> str:
    """All of it as lines of text, each link behind its words."""
    return render(reply, Capabilities(), PROMPT, footer=())


def html(reply: Reply) -> str:
    """All of it as HTML, without scripts, styles and pictures: what mail programs and Matrix both show."""
    parts = [_heading(reply.headline), *map(_drawn, reply.blocks)]
    if reply.context:
        parts.append(f"<p><em>{'<br>'.join(map(_line, reply.context))}</em></p>")
    return "\n".join(parts)


def _drawn(block: Block) -> str:
    match block:
        case Heading(spans):
            return _heading(spans)
        case Paragraph(lines):
            return f"<p>{'<br>'.join(map(_line, lines))}</p>"
        case Bullets(items, title, numbered):
            kind = "ol" if numbered else "ul"
            listed = "".join(f"<li>{_line(item)}</li>" for item in items)
            return f"{f'<p><strong>{escape(cleaned(title))}</strong></p>' if title else ''}<{kind}>{listed}</{kind}>"
        case Chart():
            return f"<p>{_line(block.in_words)}</p>"
        case Table(columns, rows):
            head = _row("th", (escape(cleaned(column.name)) for column in columns))
            return f"<table>{head}{''.join(_row('td', map(_line, row)) for row in rows)}</table>"


def _heading(spans: RichText) -> str:
    """All of it stands out, so nothing in it needs to."""
    even = (Plain(span.text) if isinstance(span, Strong) else span for span in spans)
    return f"<p><strong>{''.join(map(_span, even))}</strong></p>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _line(spans: RichText) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    if span == GAP:
        return " &nbsp; "
    match span:
        case Strong(text):
            return f"<strong>{escape(cleaned(text))}</strong>"
        case Code(text):
            return f"<code>{escape(cleaned(text))}</code>"
        case Typed(text):
            return f"<code>{escape(words_to_type(text, PROMPT))}</code>"
        case Mark(emoji, text):
            return escape(cleaned(f"{emoji} {text}".strip()))
        case Link(text, url):
            target, label = address(url), escape(cleaned(text) or address(url))
            return f'<a href="{escape(target)}">{label}</a>' if _WEB.match(target) else label
        case _:
            return escape(cleaned(span.text))
