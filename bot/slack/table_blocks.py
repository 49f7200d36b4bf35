"""Tables as Block Kit has them since 2025, and the forms that replace them where a workspace does not take them.

A cell must hold something, or Slack refuses the whole message; its limits count the text of cells, not their JSON.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any

from bot.chat.reply import (
    ChannelName,
    Code,
    Column,
    ColumnKind,
    Link,
    Mark,
    Moment,
    PersonName,
    RichText,
    Sortable,
    Span,
    Table,
    Typed,
)
from bot.slack.mrkdwn import ADDRESS, CHANNEL, COMMAND, MOMENT, USER, plain_text
from bot.text import one_line

Json = dict[str, Any]


class TableForm(IntEnum):
    """How a table is drawn, the plainest first."""

    LINES = 0
    TABLE = 1
    DATA_TABLE = 2


ROWS_MAX = {TableForm.TABLE: 99, TableForm.DATA_TABLE: 100}
"""Rows below the header."""

COLUMNS_MAX = 20
CELL_MAX = 160
CAPTION_MAX = 150
TABLE_MAX = 8_500
"""Characters of all cells of a table; Slack took 10,000 a message until the autumn of 2026, 20,000 since."""

WHOLE, PAGE = 20, 25
"""A table of up to WHOLE rows is shown as a whole, a longer one PAGE rows at once."""

NOTHING = "–"
_SHOWN = ("text", "user_id", "channel_id", "fallback")


def table_blocks(table: Table, form: TableForm) -> Iterator[Json]:
    """A table in one of the forms that are blocks: as few as Slack's limits allow, each with the header."""
    columns = table.columns[:COLUMNS_MAX]
    header = [_raw(column.name) for column in columns]
    page: list[list[Json]] = []
    used = _length(header)
    for row in table.rows:
        filled = (*row, *((),) * len(columns))
        cells = [_cell(column, cell, form) for column, cell in zip(columns, filled, strict=False)]
        if page and (len(page) == ROWS_MAX[form] or used + _length(cells) > TABLE_MAX):
            yield _block(table.caption, columns, [header, *page], form)
            page, used = [], _length(header)
        page.append(cells)
        used += _length(cells)
    if page and columns:
        yield _block(table.caption, columns, [header, *page], form)


def is_table(block: Json) -> bool:
    """Whether a block is a table: a message takes one."""
    return block["type"] in ("table", "data_table")


def length_of(block: Json) -> int:
    """The characters of a message that a table takes."""
    return sum(map(_length, block["rows"]))


def _length(cells: Iterable[Json]) -> int:
    return sum(len(text) for cell in cells for text in _texts(cell))


def _texts(cell: Json) -> Iterator[str]:
    if cell["type"] == "rich_text":
        (section,) = cell["elements"]
        yield from (next(part[key] for key in _SHOWN if key in part) for part in section["elements"])
    else:
        yield cell["text"]


def _block(caption: str, columns: Sequence[Column], rows: list[list[Json]], form: TableForm) -> Json:
    if form is TableForm.TABLE:
        at_right = (ColumnKind.NUMBER, ColumnKind.DAY)
        settings = [{"align": "right"} if column.kind in at_right else {"is_wrapped": True} for column in columns]
        return {"type": "table", "column_settings": settings, "rows": rows}
    count = len(rows) - 1
    return {
        "type": "data_table",
        "caption": plain_text(caption, CAPTION_MAX) or NOTHING,
        "page_size": count if count <= WHOLE else PAGE,
        "row_header_column_index": 0,
        "rows": rows,
    }


def _cell(column: Column, cell: RichText, form: TableForm) -> Json:
    """A cell. Slack sorts a column by its numbers only where each of its cells has one."""
    sorts = form is TableForm.DATA_TABLE and column.kind in (ColumnKind.NUMBER, ColumnKind.DAY)
    if sorts and len(cell) == 1 and isinstance(cell[0], Sortable):
        return {**_raw(cell[0].text), "type": "raw_number", "value": cell[0].value}
    elements = [_element(span) for span in cell if _shown(span)]
    text = "".join(map(_shown, cell))
    if not text.strip() or all(element["type"] == "text" and "style" not in element for element in elements):
        return _raw(text)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _raw(text: str) -> Json:
    return {"type": "raw_text", "text": plain_text(text, CELL_MAX) or NOTHING}


def _shown(span: Span) -> str:
    """The text of a span on one line; empty where there is none to see."""
    text = f"{span.emoji} {span.text}" if isinstance(span, Mark) else span.text
    text = one_line(f"{COMMAND} {text}" if isinstance(span, Typed) else text)
    return text if len(text) <= CELL_MAX else f"{text[: CELL_MAX - 1]}…"


def _element(span: Span) -> Json:
    """A span as an element of rich text; one of plain text where nothing needs more."""
    match span:
        case Link(_, url) if ADDRESS.fullmatch(url):
            return {"type": "link", "url": url, "text": _shown(span)}
        case PersonName(text) if USER.fullmatch(text):
            return {"type": "user", "user_id": text}
        case ChannelName(text) if CHANNEL.fullmatch(text):
            return {"type": "channel", "channel_id": text}
        case Moment(text, at):
            return {"type": "date", "timestamp": int(at.timestamp()), "format": MOMENT, "fallback": _shown(span)}
        case Code() | Typed():
            return {"type": "text", "text": _shown(span), "style": {"code": True}}
        case _:
            return {"type": "text", "text": _shown(span)}
