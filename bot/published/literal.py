"""Reads JavaScript literals as data: arrays, objects, strings, numbers, true, false, null. Nothing is evaluated."""

import re
from typing import NamedTuple, NoReturn

Literal = None | bool | float | str | list["Literal"] | dict[str, "Literal"]

_DEEPEST = 8
_GAP = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_KEY = re.compile(r"[A-Za-z_$][\w$]*+")
_WORD = re.compile(r"[A-Za-z_$][\w$]*+|-?\d[\d.]*+")
_PLAIN = {"'": re.compile(r"[^'\\\n]*+"), '"': re.compile(r'[^"\\\n]*+'), "`": re.compile(r"[^`\\$]*+")}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/", "$": "$"}
_CODE = re.compile(r"u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,5})\}|x([0-9A-Fa-f]{2})")
_WORDS: dict[str, Literal] = {"true": True, "false": False, "null": None, "undefined": None}


class Read(NamedTuple):
    """A value and the place behind it."""

    value: Literal
    end: int


class Placed(NamedTuple):
    """A member of an array with the places where it begins and ends."""

    value: Literal
    start: int
    end: int


class NoLiteral(Exception):
    """The text at a place is no literal."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def read_array(text: str, at: int) -> tuple[tuple[Placed, ...], int]:
    """The members of the array that begins at a place, and the place behind it. NoLiteral says where it is none."""
    found: list[Placed] = []
    at = skip(text, at + 1)
    while not text.startswith("]", at):
        value, end = _value(text, at, 1)
        found.append(Placed(value, at, end))
        at = _next(text, end, "]")
    return tuple(found), at + 1


def skip(text: str, at: int) -> int:
    """The place behind spaces and comments."""
    match = _GAP.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> Read:
    sign = text[at : at + 1]
    if depth > _DEEPEST:
        _refuse(at)
    if sign in _PLAIN:
        return _string(text, at)
    if sign == "{":
        return _object(text, at, depth)
    if sign == "[":
        return _array(text, at, depth)
    return _word(text, at)


def _word(text: str, at: int) -> Read:
    match = _WORD.match(text, at)
    if not match:
        _refuse(at)
    if match[0] in _WORDS:
        return Read(_WORDS[match[0]], match.end())
    try:
        return Read(float(match[0]), match.end())
    except ValueError:
        _refuse(at)


def _array(text: str, at: int, depth: int) -> Read:
    values: list[Literal] = []
    at = skip(text, at + 1)
    while not text.startswith("]", at):
        value, end = _value(text, at, depth + 1)
        values.append(value)
        at = _next(text, end, "]")
    return Read(values, at + 1)


def _object(text: str, at: int, depth: int) -> Read:
    values: dict[str, Literal] = {}
    at = skip(text, at + 1)
    while not text.startswith("}", at):
        key, end = _key(text, at)
        at = skip(text, end)
        if key in values or not text.startswith(":", at):
            _refuse(at)
        values[key], end = _value(text, skip(text, at + 1), depth + 1)
        at = _next(text, end, "}")
    return Read(values, at + 1)


def _key(text: str, at: int) -> tuple[str, int]:
    if match := _KEY.match(text, at):
        return match[0], match.end()
    if text[at : at + 1] not in ("'", '"'):
        _refuse(at)
    value, end = _string(text, at)
    return str(value), end


def _next(text: str, at: int, closing: str) -> int:
    """Passes the comma behind a member; stays before the bracket that closes."""
    at = skip(text, at)
    if text.startswith(",", at):
        return skip(text, at + 1)
    if not text.startswith(closing, at):
        _refuse(at)
    return at


def _string(text: str, at: int) -> Read:
    quote, parts = text[at], []
    at += 1
    while True:
        match = _PLAIN[quote].match(text, at)
        plain = match[0] if match else ""
        parts.append(plain)
        at += len(plain)
        sign = text[at : at + 1]
        if sign == quote:
            return Read("".join(parts), at + 1)
        if sign == "$" and not text.startswith("${", at):
            parts.append(sign)
            at += 1
        elif sign == "\\":
            escaped, at = _escape(text, at + 1)
            parts.append(escaped)
        else:
            _refuse(at)


def _escape(text: str, at: int) -> tuple[str, int]:
    if code := _CODE.match(text, at):
        number = int(code[1] or code[2] or code[3], 16)
        return chr(number), code.end()
    sign = text[at : at + 1]
    if sign not in _ESCAPES:
        _refuse(at)
    return _ESCAPES[sign], at + 1


def _refuse(at: int) -> NoReturn:
    raise NoLiteral(at)
