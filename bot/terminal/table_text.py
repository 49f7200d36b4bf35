"""The table of a reply for other programs: CSV for a spreadsheet, Markdown for a wiki or a ticket."""

import csv
import io
from collections.abc import Iterable, Iterator

from bot.catalogue import say
from bot.chat.export import MARKDOWN, VERDICT_HEADER, cell, csv_table, markdown_table, verdict_rows
from bot.chat.reply import SEVERAL, Column, ColumnKind, Link, Mark, Reply, RichText, Sortable, Span, Table, Typed
from bot.errors import UsageError
from bot.terminal.layout import address, cleaned, words_to_type

FORMS = ("csv", "md")


def has_table(reply: Reply) -> bool:
    """Whether a reply is a table; several verdicts are one, too."""
    return bool(_tables(reply) or (reply.kind == SEVERAL and reply.assessed))


def _tables(reply: Reply) -> list[Table]:
    return [block for block in (*reply.blocks, *reply.rest) if isinstance(block, Table)]


def table_text(reply: Reply, form: str) -> str:
    """The table of a reply, in one of FORMS. UsageError where a reply has none."""
    tables = _tables(reply)
    if not tables and reply.kind == SEVERAL and reply.assessed:
        table = csv_table if form == "csv" else markdown_table
        return table(VERDICT_HEADER, verdict_rows(reply.assessed))
    if not tables:
        raise UsageError(say("This answer is no table, so there is nothing to write as {form}: try --json.", form=form))
    columns = tables[0].columns
    rows = [row for table in tables if table.columns == columns for row in table.rows]
    return "".join((_csv if form == "csv" else _markdown)(columns, rows))


def _csv(columns: tuple[Column, ...], rows: Iterable[tuple[RichText, ...]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([cell(column.name) for column in columns])
    writer.writerows([cell(_value(column, each)) for column, each in zip(columns, row, strict=False)] for row in rows)
    yield text.getvalue()


def _value(column: Column, spans: RichText) -> str | int | None:
    """What a program reads: a count as a number, a day as 2018-04-13, the words of signs, a semicolon between two
    facts that people see apart by a gap."""
    match spans:
        case (Sortable(_, value),) if column.kind is ColumnKind.NUMBER:
            return value if value >= 0 else None  # less than nothing: it is not known
        case (Sortable(_, value),) if column.kind is ColumnKind.DAY:
            digits = str(value)
            return "-".join(filter(lambda part: part != "00", (digits[:4], digits[4:6], digits[6:]))) if value else None
    texts = (
        f"{span.text} {span.url}" if isinstance(span, Link) else "; " if span.text.isspace() else span.text
        for span in spans
    )
    return " ".join("".join(texts).split())


def _markdown(columns: tuple[Column, ...], rows: Iterable[tuple[RichText, ...]]) -> Iterator[str]:
    right = ColumnKind.NUMBER
    yield f"| {' | '.join(_escaped(column.name) for column in columns)} |\n"
    yield f"| {' | '.join('---:' if column.kind is right else '---' for column in columns)} |\n"
    for row in rows:
        yield f"| {' | '.join(''.join(map(_span, each)).strip() for each in row)} |\n"


def _span(span: Span) -> str:
    match span:
        case Mark(emoji, text):
            return f"{emoji} {_escaped(text)}".strip()
        case Typed(text):
            return _escaped(words_to_type(text, "xocompat"))
        case Link(text, url):
            return f"[{_escaped(text)}](<{address(url)}>)" if url else _escaped(text)
    return _escaped(span.text)


def _escaped(text: str) -> str:
    """Text as Markdown shows it, sign for sign."""
    return " ".join(cleaned(text).split(" ")).translate(MARKDOWN)
