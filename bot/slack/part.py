"""The parts of a reply: lines of mrkdwn that stand together, before they become blocks."""

from collections.abc import Iterable, Iterator

from bot.chat.reply import GAP, Block, Bullets, Heading, Line, Paragraph, Plain, Reply, Span, Strong, Table, plain
from bot.slack.mrkdwn import TEXT_MAX, mrkdwn

HEADLINE_MAX = 1000
NOTHING = "Nothing to show."


def parts(reply: Reply) -> Iterator[list[str]]:
    """Lines that stand together; the first ones are the headline's.

    The first paragraph stands with the headline or heading above it, and headings without anything between them are
    one list.
    """
    return _together([mrkdwn(reply.headline, HEADLINE_MAX).strip() or NOTHING], reply.blocks)


def blocks_in_parts(blocks: Iterable[Block]) -> Iterator[list[str]]:
    """The same of blocks that stand below nothing."""
    return (part for part in _together([], blocks) if part)


def _together(part: list[str], blocks: Iterable[Block]) -> Iterator[list[str]]:
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


def texts(lines: Iterable[str]) -> Iterator[str]:
    """Lines in as few texts as Slack's limit allows."""
    text = ""
    for each in lines:
        if text and len(text) + 1 + len(each) > TEXT_MAX:
            yield text
            text = ""
        text = f"{text}\n{each}" if text else each
    if text:
        yield text


def _lines(block: Block) -> Iterable[Line]:
    match block:
        case Paragraph(lines):
            return lines
        case Heading(only):
            return (only,)
        case Bullets(items, title, numbered):
            signs = (f"{at}. " if numbered else "• " for at in range(1, len(items) + 1))
            return (*_title(title), *((Plain(sign), *item) for sign, item in zip(signs, items, strict=True)))
        case Table(header, rows, title):
            # On a phone a row is a line, and columns are told by the title where they do not speak for themselves.
            columns = f": {', '.join(filter(None, header[1:]))}" if len(header) > 2 else ""
            return (*_title(title, columns), *map(_row, rows))


def _title(title: str | None, more: str = "") -> tuple[Line, ...]:
    return ((Strong(title), Plain(more)),) if title else ()


def _row(cells: tuple[Line, ...]) -> Line:
    spans: list[Span] = []
    for cell in filter(plain, cells):  # a gap is for facts, not for the lack of one
        spans += (GAP, *cell) if spans else cell
    return tuple(spans)
