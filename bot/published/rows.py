"""What an entry is: a row, a line of the legend, or nothing of the list."""

import re
from typing import NamedTuple

from bot.matrix.listing import Badge
from bot.published.entry import Entry
from bot.published.labels import Labelled, begins_like_label, meaning, take_label
from bot.published.page import PageProblem, PageRow
from bot.published.signs import SIGNS, contradicts, has_sign, is_meaning, take_signs, unknown_sign
from bot.query.reading import Reader

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


def classify(entry: Entry, reader: Reader) -> SignedRow | LegendLine | PageProblem | None:
    """What an entry is; None where it has neither a label nor a sign, as most of a page has."""
    for at, cell in enumerate(entry.cells):
        if parted := _part(cell):
            return _row(entry, at, parted, reader)
    text = " ".join(entry.cells)
    if has_sign(text):
        return _legend_line(entry.line, text)
    if entry.group < 0 or begins_like_label(text):
        return PageProblem(entry.line, f"“{text[:60]}” is no label of a release")
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


def _row(entry: Entry, at: int, parted: _Parted, reader: Reader) -> SignedRow | PageProblem:
    label = parted.labelled.text
    signs, notes = list(parted.signs), [_unwrapped(parted.aside)] if parted.aside else []
    if parted.rest:
        note = _NOTE.match(parted.rest)
        if not note or has_sign(parted.rest) or unknown_sign(parted.rest):
            return PageProblem(entry.line, f"“{parted.rest[:60]}” behind {label} is neither a sign nor a note")
        notes.append(_unwrapped(note[1]))
    for cell in (*entry.cells[:at], *entry.cells[at + 1 :]):
        found = take_signs(cell)
        if has_sign(found.rest) or unknown_sign(found.rest) or (found.signs and found.rest) or _part(cell):
            return PageProblem(entry.line, f"“{cell[:60]}” beside {label} is neither a sign nor a note")
        signs.extend(found.signs)
        notes.extend([found.rest] if any(map(str.isalnum, found.rest)) else [])
    what = meaning(parted.labelled, reader)
    if not what:
        return PageProblem(entry.line, f"{label} is no label of a release")
    badges = tuple(badge for badge in Badge if any(SIGNS[sign] is badge for sign in signs))
    if against := _contradiction(badges, entry.eol):
        return PageProblem(entry.line, f"{label} {against}")
    row = PageRow(what.text, what.product, what.numbers, badges, (*notes, *entry.notes), entry.links, entry.line)
    return SignedRow(row, tuple(dict.fromkeys(signs)), entry.group)


def _contradiction(badges: tuple[Badge, ...], eol: bool | None) -> str | None:
    if Badge.FULL in badges and Badge.PARTIAL in badges:
        return "has full and partial support at once"
    if eol is not None and eol is not (Badge.NO_SECURITY_UPDATES in badges):
        return "is EOL by its flag or by its sign, but not by both"
    return None


def _legend_line(line: int, text: str) -> LegendLine | PageProblem:
    """A sign and its meaning; the sign may stand behind the words."""
    signs, words = take_signs(text)
    if not signs:
        behind = [sign for sign in SIGNS if sign in text]
        words = re.sub(f"[{''.join(SIGNS)}]", "", text)
        signs = tuple(behind) if len(behind) == 1 and is_meaning(behind[0], words) else ()
    words = words.strip(_EDGES)
    if len(signs) != 1 or not words or has_sign(words) or unknown_sign(words):
        return PageProblem(line, f"“{text[:60]}” has signs, but is neither a row nor a line of the legend")
    if contradicts(signs[0], words):
        return PageProblem(line, f"The legend gives {signs[0]} the meaning of another sign: “{words[:60]}”")
    return LegendLine(signs[0], words, line)


def _unwrapped(note: str) -> str:
    inner = note[1:-1]
    return inner if note[:1] == "(" and note[-1:] == ")" and not set("()") & set(inner) else note
