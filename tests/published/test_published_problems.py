"""What cannot be read is a problem with its line; what only looks different is read."""

import time

import pytest

from bot.matrix.support import Badge
from bot.published.page import Page
from bot.published.parse import read_page
from bot.query.reader import Reader
from tests.published.formats import BULLET_LEGEND, TABLE_LEGEND

FULL, SKULL = Badge.FULL, Badge.NO_SECURITY_UPDATES
LEGEND_LINES = BULLET_LEGEND.count("\n") + 1


def page_of(rows: str, reader: Reader, legend: str = BULLET_LEGEND) -> Page:
    return read_page(f"{legend}\n## Hosts\n\n{rows}", reader)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("- XCP-ng 8.1 ✅ ⚠️\n", "neither a sign nor a note"),
        ("- XCP-ng 8.1 :rocket:\n", "neither a sign nor a note"),
        ("- XCP-ng 8.1\n", "no sign of full or partial support"),
        ("- XCP-ng 8.1 ☠️\n", "no sign of full or partial support"),
        ("- XCP-ng 8.1 ✅ ❎\n", "full and partial support at once"),
        ("- XCP-ng 8.1 ✅\n- XCP-ng 8.1 ❎\n", "on the page twice"),
        ("- XenServer 5.x ✅\n- XenServer 5.6 ❎\n", "on the page twice"),
        ("- XCP-ng 9.x ✅\n- XCP-ng 9.1 ❎\n", "on the page twice"),
        ("- Foo 8.1 ✅\n", "neither a row nor a line of the legend"),
        ("- XCP-ng eight ✅\n", "neither a row nor a line of the legend"),
        ("XCP-ng 8.1 ✅\n", "in no list or table"),
        ("- XCP-ng 8.0 ✅\n-_XCP-ng 8.1 ✅\n", "in no list or table"),
        ("## XCP-ng 8.1 ✅\n", "in no list or table"),
        ("- XCP-ng 8.1 ✅\n- a stray line\n", "stands among the rows"),
        ("- XCP-ng 8.1 ✅\n  - a note\n- a stray line\n", "stands among the rows"),
        ("<!-- hidden\n- XCP-ng 8.1 ✅\n", "never ends"),
        (":::tip\n- XCP-ng 8.1 ✅\n", "never ends"),
        ("- XCP-ng 8.1 ✅\n  - XCP-ng 8.0 ✅\n", "in no list or table"),
        ("<T rows={[{version: 'XCP-ng 8.1', status: '✅', eol: true}]} />\n", "by its flag or by its sign"),
        ("<T rows={[{version: 'XCP-ng 8.1', status: full()}]} />\n", "must be literals"),
        ("<T rows={[{version: `XCP-ng ${8}`, status: '✅'}]} />\n", "must be literals"),
        ("<T rows={[...old, {version: 'XCP-ng 8.1', status: '✅'}]} />\n", "must be literals"),
        ("<T rows={[{version: 'XCP-ng 8.1', status: '✅'}\n", "must be literals"),
        ("<T rows={[{version: 'XCP-ng 8.1', status: 'full'}]} />\n", "no sign of full or partial support"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_a_problem(reader: Reader, rows: str, message: str) -> None:
    problems = page_of(rows, reader).problems
    assert any(message in problem.message and problem.line > LEGEND_LINES for problem in problems), problems


@pytest.mark.parametrize(
    ("legend", "message"),
    [
        ("- ✅ Full support\n- ⚠️ Deprecated\n", "unknown sign"),
        ("- ✅ Not all XO features supported\n", "the meaning of another sign"),
        ("- ✅ Full support\n- ✅ Everything in full\n", "two meanings"),
        ("- ❎ Not all XO features supported\n", "which the legend does not explain"),
        ("", "which the legend does not explain"),
    ],
)
def test_a_legend_that_does_not_explain_the_signs_is_a_problem(reader: Reader, legend: str, message: str) -> None:
    problems = page_of("- XCP-ng 8.1 ✅\n", reader, legend).problems
    assert any(message in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    ("page", "line", "message"),
    [
        ("", 1, "no row"),
        ("# Only prose\n", 1, "no row"),
        ("<!DOCTYPE html>\n<html><li>XCP-ng 8.1 ✅</li></html>", 1, "HTML instead of Markdown"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 1, "not UTF-8"),
        ("a\nb\0\n", 2, "binary"),
        ("# List\n- XCP-ng 8.1 ✅".encode("utf-16"), 1, "not UTF-8"),
        (b"# List\n\n- XCP-ng 8.1 \x85\n", 3, "not UTF-8"),
        ("x" * (2 * 1024 * 1024 + 1), 1, "larger than 2 MiB"),
    ],
    ids=["empty", "prose", "html", "png", "nul", "utf-16", "windows-1252", "large"],
)
def test_what_is_no_list_is_one_problem(reader: Reader, page: str | bytes, line: int, message: str) -> None:
    ((found, sentence),) = read_page(page, reader).problems
    assert found == line
    assert message in sentence


@pytest.mark.parametrize(
    "row",
    [
        "- **XCP-ng 8.1** ✅ ☠️",
        "* [XCP-ng 8.1](https://xcp-ng.org/8.1)   ✅☠  ",
        "1. XCP-ng 8.1 ✅ ☠️",
        "- ✅ ☠️ XCP-ng 8.1",
        "- XCP-ng 8.1 âœ… â˜ ï¸",
        "- XCP-ng\u00a08.1 ✅\u200b ☠️",
        "| Release | Badges |\n|---|---|\n| ✅ ☠️ | XCP-ng 8.1 |",
        '<X data={[{\'name\': "XCP-ng 8.1", "badges": [\'✅\', "☠️"], n: -1.5, /* c */ z: null,}, ]}\n/>',
        "export const rows = [{name: 'XCP-ng 8.1', status: '\\u2705 \\u2620'}];\n\n<X rows={rows} />",
        "<X values={[{label: 'A', value: 'a'}]} />\n\n- XCP-ng 8.1 ✅ ☠️",
        "- XCP-ng 8.1 ✅ ☠️\n:::warning\n[broken](https://a.example) on XCP-ng 8.1 ✅\n:::",
        "- XCP-ng 8.1 ✅ ☠️\n**Warning**: restore is [broken](https://a.example)",
        "<!-- - XCP-ng 8.0 ✅ -->\n- XCP-ng 8.1 ✅ ☠️",
    ],
)
def test_another_way_of_writing_a_row_gives_the_same(reader: Reader, row: str) -> None:
    page = page_of(row, reader, TABLE_LEGEND)
    assert page.problems == ()
    ((label, releases, badges, notes),) = [(r.label, r.releases, r.badges, r.notes) for r in page.rows]
    assert (label, releases, badges, notes) == ("XCP-ng 8.1", ("8.1",), (FULL, SKULL), ())


@pytest.mark.parametrize(
    "row",
    [
        "- XCP-ng 8.1 ✅ (see [here](https://a.example))",
        "- XCP-ng 8.1 (see [here](https://a.example)) ✅",
        "- XCP-ng 8.1 ✅ - see [here](https://a.example)",
        "- XCP-ng 8.1 ✅<br>see [here](https://a.example)",
        "- XCP-ng 8.1 ✅\n - see [here](https://a.example)",
        "- XCP-ng 8.1 ✅\n\n  see [here](https://a.example)",
        "- XCP-ng 8.1 ✅\n  see\n  [here](https://a.example)".replace("see\n  ", "see "),
        "| Release | | Notes |\n|-|-|-|\n| XCP-ng 8.1 | ✅ | see [here](https://a.example) |",
    ],
)
def test_a_note_may_stand_beside_or_below_its_row(reader: Reader, row: str) -> None:
    page = page_of(row, reader)
    assert page.problems == ()
    assert [(r.notes, r.links) for r in page.rows] == [(("see here",), ("https://a.example",))]


SLOW = [
    "[[[[\n",
    "- ",
    "> ",
    "- XCP-ng 8.1 ✅\n",
    "|a",
    "a={[/*",
    "a={[`",
    "[a]: b\n",
    "rows={[{v: 'XCP-ng 8.1', s: '✅'}]}\n",
]


@pytest.mark.large
@pytest.mark.parametrize(
    "piece", [*SLOW, "word ", "Some prose in a line.\n", "xcp ", "XCP-ng 8.1, ", "<!--", "â", "\n"]
)
def test_two_mebibytes_of_anything_are_read_in_seconds(reader: Reader, piece: str) -> None:
    size = 2 * 1024 * 1024
    page = f"|a|\n|-|\n{piece * (size // len(piece.encode()))}"[:size]
    started = time.process_time()
    assert read_page(page, reader).problems
    assert time.process_time() - started < 20  # of CPU on a slow machine; what grows with the square takes minutes
