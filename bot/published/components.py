"""Reads JavaScript literals as data: arrays, objects, strings, numbers, true, false, null. Nothing is evaluated."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.catalogue import say
from bot.published.labels import has_label, has_sign, take_label, unknown_sign
from bot.published.page import PageEntry, PageProblem, tidy

Literal = None | bool | float | str | list["Literal"] | dict[str, "Literal"]

_DEEPEST = 8
_GAP = re.compile(r"(?>(?:\s++|//[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)\*/)*)")
_KEY = re.compile(r"[A-Za-z_$][\w$]*+")
_WORD = re.compile(r"[A-Za-z_$][\w$]*+|-?\d[\d.]*+")
_PLAIN = {"'": re.compile(r"[^'\\\n]*+"), '"': re.compile(r'[^"\\\n]*+'), "`": re.compile(r"[^`\\$]*+")}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/", "$": "$"}
_CODE = re.compile(r"u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,5})\}|x([0-9A-Fa-f]{2})")
_WORDS: dict[str, Literal] = {"true": True, "false": False, "null": None, "undefined": None}


class ReadLiteral(NamedTuple):
    """A value and the place behind it."""

    value: Literal
    end: int


class PlacedLiteral(NamedTuple):
    """A member of an array with the places where it begins and ends."""

    value: Literal
    start: int
    end: int


class NoLiteral(Exception):
    """The text at a place is no literal."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def read_array(text: str, at: int) -> tuple[tuple[PlacedLiteral, ...], int]:
    """The members of the array that begins at a place, and the place behind it. NoLiteral says where it is none."""
    found: list[PlacedLiteral] = []
    at = skip(text, at + 1)
    while not text.startswith("]", at):
        value, end = _value(text, at, 1)
        found.append(PlacedLiteral(value, at, end))
        at = _next(text, end, "]")
    return tuple(found), at + 1


def skip(text: str, at: int) -> int:
    """The place behind spaces and comments."""
    match = _GAP.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> ReadLiteral:
    """The literal that begins at a place, so many brackets deep. NoLiteral if there is none."""
    sign = text[at : at + 1]
    if depth > _DEEPEST:
        raise NoLiteral(at)
    if sign in _PLAIN:
        return _string(text, at)
    if sign == "{":
        return _object(text, at, depth)
    if sign == "[":
        return _array(text, at, depth)
    return _word(text, at)


def _word(text: str, at: int) -> ReadLiteral:
    """A number, or a word that is a value."""
    match = _WORD.match(text, at)
    if not match:
        raise NoLiteral(at)
    if match[0] in _WORDS:
        return ReadLiteral(_WORDS[match[0]], match.end())
    try:
        return ReadLiteral(float(match[0]), match.end())
    except ValueError:
        raise NoLiteral(at) from None


def _array(text: str, at: int, depth: int) -> ReadLiteral:
    values: list[Literal] = []
    at = skip(text, at + 1)
    while not text.startswith("]", at):
        value, end = _value(text, at, depth + 1)
        values.append(value)
        at = _next(text, end, "]")
    return ReadLiteral(values, at + 1)


def _object(text: str, at: int, depth: int) -> ReadLiteral:
    values: dict[str, Literal] = {}
    at = skip(text, at + 1)
    while not text.startswith("}", at):
        if match := _KEY.match(text, at):
            key, end = match[0], match.end()
        elif text.startswith(("'", '"'), at):
            quoted, end = _string(text, at)
            key = str(quoted)
        else:
            raise NoLiteral(at)
        at = skip(text, end)
        if key in values or not text.startswith(":", at):
            raise NoLiteral(at)
        values[key], end = _value(text, skip(text, at + 1), depth + 1)
        at = _next(text, end, "}")
    return ReadLiteral(values, at + 1)


def _next(text: str, at: int, closing: str) -> int:
    """Passes the comma behind a member; stays before the bracket that closes."""
    at = skip(text, at)
    if text.startswith(",", at):
        return skip(text, at + 1)
    if not text.startswith(closing, at):
        raise NoLiteral(at)
    return at


def _string(text: str, at: int) -> ReadLiteral:
    quote, parts = text[at], []
    at += 1
    while True:
        match = _PLAIN[quote].match(text, at)
        plain = match[0] if match else ""
        parts.append(plain)
        at += len(plain)
        sign = text[at : at + 1]
        if sign == quote:
            return ReadLiteral("".join(parts), at + 1)
        if sign == "$" and not text.startswith("${", at):
            parts.append(sign)
            at += 1
        elif sign == "\\":
            at += 1
            if code := _CODE.match(text, at):
                parts.append(chr(int(code[1] or code[2] or code[3], 16)))
                at = code.end()
            elif (escaped := text[at : at + 1]) in _ESCAPES:
                parts.append(_ESCAPES[escaped])
                at += 1
            else:
                raise NoLiteral(at)
        else:
            raise NoLiteral(at)


_ATTRIBUTE = r"\b\w{1,50}\s{0,10}=\s{0,10}\{\s{0,10}(?=\[)"
_EXPORT = r"^export\s{1,10}const\s{1,10}\w{1,50}\s{0,10}=\s{0,10}(?=\[)"
_OPENING = re.compile(f"{_ATTRIBUTE}|{_EXPORT}", re.M)
_NOTE = re.compile(r"note|comment|remark|issue|limit|detail|description|warning", re.I)
_STATUS = re.compile(r"status|badge|support|sign", re.I)
_ADDRESS = re.compile(r"https?://\S+")


class Scripts(NamedTuple):
    """The rows of all components, and the page's lines without them."""

    entries: tuple[PageEntry, ...]
    lines: tuple[str, ...]
    problems: tuple[PageProblem, ...] = ()


class ScriptPosition(NamedTuple):
    """A line and a place in it."""

    line: int
    at: int


def scripts(lines: tuple[str, ...]) -> Scripts:
    """Reads literals; the first thing that is none ends the reading, with a problem."""
    text = "\n".join(lines)
    rest: list[str] = []
    found: list[PageEntry] = []
    at, group, line = 0, 0, 1
    while opening := _OPENING.search(text, at):
        try:
            members, end = read_array(text, opening.end())
        except NoLiteral as error:
            line += text.count("\n", at, error.at)
            what = say("The table cannot be read from here on: its rows must be literals, nothing is evaluated")
            return Scripts(tuple(found), tuple("".join((*rest, text[at:])).split("\n")), (PageProblem(line, what),))
        if "{" in opening[0] and text.startswith("}", skip(text, end)):
            end = skip(text, end) + 1
        group -= 1
        line += text.count("\n", at, opening.end())
        found.extend(_entries(text, members, group, ScriptPosition(line, opening.end())))
        line += text.count("\n", opening.end(), end)
        rest.extend((text[at : opening.start()], "\n" * text.count("\n", opening.start(), end)))
        at = end
    return Scripts(tuple(found), tuple("".join((*rest, text[at:])).split("\n")))


def _entries(text: str, members: tuple[PlacedLiteral, ...], group: int, place: ScriptPosition) -> Iterator[PageEntry]:
    """The members of an array in which any text is a label or has a sign; other arrays are not the list's."""
    strings = [string for member in members for string in _strings(member.value)]
    if not any(has_sign(string) or take_label(string) for string in strings):
        return
    line, counted = place
    for member in members:
        line, counted = line + text.count("\n", counted, member.start), member.start
        yield _entry(member, line, line + text.count("\n", member.start, member.end), group)


def _entry(member: PlacedLiteral, line: int, last: int, group: int) -> PageEntry:
    values = member.value if isinstance(member.value, dict) else {"status": member.value}
    cells, notes, links = [], [], []
    eol = None
    for key, value in values.items():
        if key.lower() == "eol" and isinstance(value, bool):
            eol = value
        for string in map(tidy, _strings(value)):
            links.extend(_ADDRESS.findall(string))
            if _NOTE.search(key):
                notes.append(string)
            elif (
                _STATUS.search(key)
                or take_label(string)
                or has_sign(string)
                or (not has_label(string) and unknown_sign(string))
            ):
                cells.append(string)
    return PageEntry(line, last, tuple(cells), group, tuple(filter(None, notes)), tuple(dict.fromkeys(links)), eol)


def _strings(value: Literal) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
