"""One reader for every format that the list has had: bullets, tables of Markdown, tables that are components.

It reads by structure: a row is a label of a product's release with signs behind it, and each sign must stand in the
page's own legend. What cannot be read is a problem with its line, never a guess. Start with `read_page`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.catalogue import say, say_counted
from bot.matrix.support import Badge
from bot.published.components import scripts
from bot.published.labels import (
    SIGNS,
    Labelled,
    begins_like_label,
    contradicts,
    has_sign,
    is_meaning,
    meaning,
    mentions_release,
    overlap,
    take_label,
    take_signs,
    unknown_sign,
)
from bot.published.markdown import entries, page_text
from bot.published.page import Page, PageEntry, PageProblem, PageRow
from bot.query.reader import Reader

_NOTE = re.compile(r"^(?:[-–—:;]\s*|(?=\())(?!\w+:)(?=.*[^\W\d_])(.*)")
_ASIDE = re.compile(r"(\([^()]*\))\s*")
_EDGES = " :()[]–—-="


class SignedRow(NamedTuple):
    """A row with the signs as they are on the page."""

    row: PageRow
    signs: tuple[str, ...]
    group: int


class LegendLine(NamedTuple):
    """What the page says that a sign means."""

    sign: str
    meaning: str
    line: int


class _Parted(NamedTuple):
    """The parts of a row: label, signs before and behind it, words in brackets between, words behind them."""

    labelled: Labelled
    signs: tuple[str, ...]
    rest: str
    aside: str = ""


def classify(entry: PageEntry, reader: Reader) -> SignedRow | LegendLine | PageProblem | None:
    """What an entry is; None where it has neither a label nor a sign, as most of a page has."""
    for at, cell in enumerate(entry.cells):
        if parted := _part(cell):
            return _row(entry, at, parted, reader)
    text = " ".join(entry.cells)
    if has_sign(text):
        return _legend_line(entry.line, text)
    if entry.group < 0 or begins_like_label(text):
        return PageProblem(entry.line, say("“{text}” is no label of a release", text=text[:60]))
    return None


def _part(cell: str) -> _Parted | None:
    before, text = take_signs(cell)
    labelled = take_label(text)
    if not labelled:
        return None
    aside = _ASIDE.match(labelled.rest)
    between = aside[1] if aside and has_sign(labelled.rest) and not has_sign(aside[1]) else ""
    behind, rest = take_signs(labelled.rest[len(between) :].strip())
    return _Parted(labelled, (*before, *behind), rest, between)


def _row(entry: PageEntry, at: int, parted: _Parted, reader: Reader) -> SignedRow | PageProblem:
    label = parted.labelled.text
    signs, notes = list(parted.signs), [_unwrapped(parted.aside)] if parted.aside else []
    if parted.rest:
        note = _NOTE.match(parted.rest)
        if not note or has_sign(parted.rest) or unknown_sign(parted.rest):
            return PageProblem(
                entry.line,
                say("“{text}” behind {label} is neither a sign nor a note", text=parted.rest[:60], label=label),
            )
        notes.append(_unwrapped(note[1]))
    for cell in (*entry.cells[:at], *entry.cells[at + 1 :]):
        found = take_signs(cell)
        if has_sign(found.rest) or unknown_sign(found.rest) or (found.signs and found.rest) or _part(cell):
            return PageProblem(
                entry.line, say("“{text}” beside {label} is neither a sign nor a note", text=cell[:60], label=label)
            )
        signs.extend(found.signs)
        notes.extend([found.rest] if any(map(str.isalnum, found.rest)) else [])
    what = meaning(parted.labelled, reader)
    if not what:
        return PageProblem(entry.line, say("{label} is no label of a release", label=label))
    badges = tuple(badge for badge in Badge if any(SIGNS[sign] is badge for sign in signs))
    if Badge.FULL in badges and Badge.PARTIAL in badges:
        return PageProblem(entry.line, say("{label} has full and partial support at once", label=label))
    if entry.eol is not None and entry.eol is not (Badge.NO_SECURITY_UPDATES in badges):
        return PageProblem(entry.line, say("{label} is EOL by its flag or by its sign, but not by both", label=label))
    row = PageRow(what.text, what.product, what.numbers, badges, (*notes, *entry.notes), entry.links, entry.line)
    return SignedRow(row, tuple(dict.fromkeys(signs)), entry.group)


def _legend_line(line: int, text: str) -> LegendLine | PageProblem:
    """A sign and its meaning; the sign may stand behind the words."""
    signs, words = take_signs(text)
    if not signs:
        behind = [sign for sign in SIGNS if sign in text]
        words = re.sub(f"[{''.join(SIGNS)}]", "", text)
        signs = tuple(behind) if len(behind) == 1 and is_meaning(behind[0], words) else ()
    words = words.strip(_EDGES)
    if len(signs) != 1 or not words or has_sign(words) or unknown_sign(words):
        return PageProblem(
            line, say("“{text}” has signs, but is neither a row nor a line of the legend", text=text[:60])
        )
    if contradicts(signs[0], words):
        return PageProblem(
            line, say("The legend gives {sign} the meaning of another sign: “{words}”", sign=signs[0], words=words[:60])
        )
    return LegendLine(signs[0], words, line)


def _unwrapped(note: str) -> str:
    inner = note[1:-1]
    return inner if note[:1] == "(" and note[-1:] == ")" and not set("()") & set(inner) else note


_MOST_PROBLEMS = 50
_MOST_ENTRIES = 2_000
_BULLET = re.compile(r"^[\s*+\-|>{.)\d]{0,20}")
_ORPHAN = re.compile(r"^\s*\]\s*\}")


def read_page(text: str | bytes, reader: Reader) -> Page:
    """Reads a page. It never raises, whatever the page; one with problems must not be used."""
    source = page_text(text)
    if not source.lines:
        return Page((), source.problems)
    from_scripts = scripts(source.lines)
    found = sorted((*from_scripts.entries, *entries(from_scripts.lines)), key=lambda entry: entry.line)
    if len(found) > _MOST_ENTRIES:
        line = found[_MOST_ENTRIES].line
        return Page((), (PageProblem(line, say("The page has too many rows to be the list: check list.url")),))
    sheet = _Sheet(found, reader)
    problems = (
        *source.problems,
        *from_scripts.problems,
        *sheet.problems(),
        *_left_over(from_scripts.lines, found),
    )
    every = tuple(dict.fromkeys(sorted(problems)))
    if len(every) > _MOST_PROBLEMS:
        rest = PageProblem(
            every[_MOST_PROBLEMS].line,
            say_counted(len(every) - _MOST_PROBLEMS, "{count} more problem follows", "{count} more problems follow"),
        )
        every = (*every[:_MOST_PROBLEMS], rest)
    return Page(sheet.rows, every, sheet.has_signs)


class _Sheet:
    """The rows and the legend of a page, held against each other."""

    def __init__(self, found: Iterable[PageEntry], reader: Reader) -> None:
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
        yield from self._about_the_legend()
        yield from _twice(piece.row for piece in self._signed)
        if not self._signed:
            yield PageProblem(1, say("The page has no row of the list: check list.url"))

    def _strangers(self) -> Iterator[PageProblem]:
        """Pieces of the list or of the legend that are neither."""
        for entry in self._plain:
            text = " ".join(entry.cells)
            if entry.group in self._of_list and entry.group > 0 and not _is_head(entry, self._signed):
                yield PageProblem(entry.line, say("“{text}” stands among the rows and is none", text=_shortened(text)))
            elif entry.group in self._of_legend and unknown_sign(text):
                yield PageProblem(entry.line, say("The legend has an unknown sign: “{text}”", text=_shortened(text)))

    def _about_the_legend(self) -> Iterator[PageProblem]:
        """Signs with two meanings or with none, and rows without a sign of support on a page that has signs."""
        meanings: dict[str, str] = {}
        for sign, words, line in self._legend:
            if meanings.setdefault(sign, words) != words:
                yield PageProblem(line, say("The legend gives {sign} two meanings", sign=sign))
        for piece in self._signed:
            yield from (
                PageProblem(
                    piece.row.line,
                    say("{label} has {sign}, which the legend does not explain", label=piece.row.label, sign=sign),
                )
                for sign in piece.signs
                if sign not in meanings
            )
            if self.has_signs and not _supports(piece.row):
                yield PageProblem(
                    piece.row.line, say("{label} has no sign of full or partial support", label=piece.row.label)
                )


def _supports(row: PageRow) -> bool:
    return Badge.FULL in row.badges or Badge.PARTIAL in row.badges


def _is_head(entry: PageEntry, rows: Iterable[SignedRow]) -> bool:
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
                yield PageProblem(
                    row.line, say("{label} is on the page twice: see line {line}", label=row.label, line=other.line)
                )
            if number.endswith(".x"):
                wild.append((row, number))


def _left_over(lines: tuple[str, ...], found: Iterable[PageEntry]) -> Iterator[PageProblem]:
    """Lines that look like rows and were not read as such: a bullet or a table that lost its beginning."""
    read_lines = {line for entry in found for line in range(entry.line, entry.last + 1)}
    for at, line in enumerate(lines, 1):
        if at in read_lines:
            continue
        bare = _BULLET.sub("", line).strip()
        label = take_label(bare)
        if (has_sign(line) and mentions_release(line)) or (label and not label.rest) or _ORPHAN.match(line):
            yield PageProblem(at, say("“{text}” looks like a row and is in no list or table", text=_shortened(line)))


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
