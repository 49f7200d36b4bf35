"""A reply's table for other programs: every row, numbers and days that sort, no sign and no formula."""

import csv
import io

import pytest

from bot.chat.reply import Code, Column, ColumnKind, Link, Mark, Paragraph, Reply, Sortable, Table, columns, line
from bot.chat.wording import count_cell, day_cell
from bot.errors import UsageError
from bot.matrix.lifecycle import PartialDate
from bot.terminal.table_text import table_text

COLUMNS = columns(
    "Release",
    Column("Hosts", ColumnKind.NUMBER),
    Column("Ends", ColumnKind.DAY),
    Column("Updates", ColumnKind.SIGN),
    "Note",
)
ROWS = (
    (
        line("XCP-ng 8.2"),
        count_cell(1_000),
        day_cell(PartialDate(2025, 9, 16)),
        line(Mark("☠️", "none")),
        line(Link("details", "https://e.org/a")),
    ),
    (line("a|b"), count_cell(0), day_cell(PartialDate(2010, 5)), line(Mark("🟢", "all")), line("=1+1")),
    (line("`c`"), (Sortable("new", 0),), day_cell(None), line(""), line(Code("x"), "  y")),
)
REPLY = Reply("x", line("x"), (Paragraph((line("before"),)), Table(COLUMNS, ROWS[:2], "Releases")))
WHOLE = REPLY._replace(rest=(Table(COLUMNS, ROWS[2:], "Releases"),))


def test_csv_has_numbers_days_and_words_in_place_of_signs() -> None:
    assert [*csv.reader(io.StringIO(table_text(WHOLE, "csv")))] == [
        ["Release", "Hosts", "Ends", "Updates", "Note"],
        ["XCP-ng 8.2", "1000", "2025-09-16", "none", "details https://e.org/a"],
        ["a|b", "0", "2010-05", "all", "'=1+1"],
        ["`c`", "0", "", "", "x y"],
    ]


def test_markdown_shows_cells_as_people_read_them_and_nothing_in_them_is_markup() -> None:
    assert table_text(WHOLE, "md").splitlines() == [
        "| Release | Hosts | Ends | Updates | Note |",
        "| --- | ---: | --- | --- | --- |",
        "| XCP-ng 8.2 | 1,000 | 16 Sep 2025 | ☠️ none | [details](<https://e.org/a>) |",
        "| a\\|b | 0 | May 2010 | 🟢 all | =1+1 |",
        "| \\`c\\` | new | not known |  | x  y |",
    ]


def test_what_is_no_table_says_so() -> None:
    with pytest.raises(UsageError, match="no table"):
        table_text(Reply("x", line("x")), "csv")
