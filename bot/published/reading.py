"""One reader for every format that the list has had: bullets, tables of Markdown, tables that are components.

It reads by structure: a row is a label of a product's release with signs behind it, and each sign must stand in the
page's own legend. What cannot be read is a problem with its line, never a guess. Start with `read`.
"""

import re
from collections.abc import Iterable, Iterator

from bot.matrix.listing import Badge
from bot.published.entry import Entry
from bot.published.labels import mentions_release, overlap, take_label
from bot.published.markdown import entries
from bot.published.page import Page, PageProblem, PageRow
from bot.published.rows import LegendLine, SignedRow, classify
from bot.published.scripts import scripts
from bot.published.signs import has_sign, unknown_sign
from bot.published.source import source_of
from bot.query.reading import Reader

_MOST_PROBLEMS = 50
_MOST_ENTRIES = 2_000
_BULLET = re.compile(r"^[\s*+\-|>{.)\d]{0,20}")
_ORPHAN = re.compile(r"^\s*\]\s*\}")


def read(text: str | bytes, reader: Reader) -> Page:
    """Reads a page. It never raises, whatever the page; one with problems must not be used."""
    source = source_of(text)
    if not source.lines:
        return Page((), source.problems)
    from_scripts = scripts(source.lines)
    found = sorted((*from_scripts.entries, *entries(from_scripts.lines)), key=lambda entry: entry.line)
    if len(found) > _MOST_ENTRIES:
        line = found[_MOST_ENTRIES].line
        return Page((), (PageProblem(line, "The page has too many rows to be the list: check list.url"),))
    sheet = _Sheet(found, reader)
    problems = (
        *source.problems,
        *from_scripts.problems,
        *sheet.problems(),
        *_left_over(from_scripts.lines, found),
    )
    told = tuple(dict.fromkeys(sorted(problems)))
    if len(told) > _MOST_PROBLEMS:
        rest = PageProblem(told[_MOST_PROBLEMS].line, f"{len(told) - _MOST_PROBLEMS} more problems follow")
        told = (*told[:_MOST_PROBLEMS], rest)
    return Page(sheet.rows, told, sheet.has_signs)


class _Sheet:
    """The rows and the legend of a page, held against each other."""

    def __init__(self, found: Iterable[Entry], reader: Reader) -> None:
        pieces = [(entry, classify(entry, reader)) for entry in found]
        self._signed = [piece for _, piece in pieces if isinstance(piece, SignedRow)]
        self._legend = [piece for _, piece in pieces if isinstance(piece, LegendLine)]
        self._refused = [piece for _, piece in pieces if isinstance(piece, PageProblem)]
        self._plain = [entry for entry, piece in pieces if piece is None]
        self._of_list = {entry.group for entry, piece in pieces if isinstance(piece, SignedRow)}
        self._of_legend = {entry.group for entry, piece in pieces if isinstance(piece, LegendLine)}
        self.has_signs = bool(self._legend) or any(piece.signs for piece in self._signed)
        self.rows = tuple(piece.row for piece in self._signed if not self.has_signs or _supports(piece.row))

    def problems(self) -> Iterator[PageProblem]:
        yield from self._refused
        yield from self._strangers()
        yield from self._of_the_legend()
        yield from self._unlike_the_legend()
        yield from _twice(piece.row for piece in self._signed)
        if not self._signed:
            yield PageProblem(1, "The page has no row of the list: check list.url")

    def _strangers(self) -> Iterator[PageProblem]:
        """Pieces of the list or of the legend that are neither."""
        for entry in self._plain:
            text = " ".join(entry.cells)
            if entry.group in self._of_list and entry.group > 0 and not _is_head(entry, self._signed):
                yield PageProblem(entry.line, f"“{_short(text)}” stands among the rows and is none")
            elif entry.group in self._of_legend and unknown_sign(text):
                yield PageProblem(entry.line, f"The legend has an unknown sign: “{_short(text)}”")

    def _of_the_legend(self) -> Iterator[PageProblem]:
        meanings: dict[str, str] = {}
        for sign, meaning, line in self._legend:
            if meanings.setdefault(sign, meaning) != meaning:
                yield PageProblem(line, f"The legend gives {sign} two meanings")

    def _unlike_the_legend(self) -> Iterator[PageProblem]:
        """Rows with signs that the legend lacks, and rows without a sign of support on a page that has signs."""
        known = {line.sign for line in self._legend}
        for piece in self._signed:
            yield from (
                PageProblem(piece.row.line, f"{piece.row.label} has {sign}, which the legend does not explain")
                for sign in piece.signs
                if sign not in known
            )
            if self.has_signs and not _supports(piece.row):
                yield PageProblem(piece.row.line, f"{piece.row.label} has no sign of full or partial support")


def _supports(row: PageRow) -> bool:
    return Badge.FULL in row.badges or Badge.PARTIAL in row.badges


def _is_head(entry: Entry, rows: Iterable[SignedRow]) -> bool:
    """Whether it is the head of a table, which stands above all rows of its group."""
    return len(entry.cells) > 1 and all(row.row.line > entry.line for row in rows if row.group == entry.group)


def _twice(rows: Iterable[PageRow]) -> Iterator[PageProblem]:
    """Releases that two rows have. Wildcards of releases that nobody knows yet are compared by their digits."""
    wild: list[tuple[PageRow, str]] = []
    seen: dict[tuple[str, str], PageRow] = {}
    for row in rows:
        for number in row.releases:
            other = seen.setdefault((row.product, number), row)
            if other is row:
                others = (w for w, x in wild if w is not row and w.product is row.product and overlap(x, number))
                other = next(others, row)
            if other is not row:
                yield PageProblem(row.line, f"{row.label} is on the page twice: see line {other.line}")
            if number.endswith(".x"):
                wild.append((row, number))


def _left_over(lines: tuple[str, ...], found: Iterable[Entry]) -> Iterator[PageProblem]:
    """Lines that look like rows and were not read as such: a bullet or a table that lost its beginning."""
    read_lines = {line for entry in found for line in range(entry.line, entry.last + 1)}
    for at, line in enumerate(lines, 1):
        if at in read_lines:
            continue
        bare = _BULLET.sub("", line).strip()
        label = take_label(bare)
        if (has_sign(line) and mentions_release(line)) or (label and not label.rest) or _ORPHAN.match(line):
            yield PageProblem(at, f"“{_short(line)}” looks like a row and is in no list or table")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
