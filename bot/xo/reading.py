"""Lists of records as they come, one record at a time: one a line, as asked for, or a JSON array.

Memory holds a piece and a record, never the list. What is not JSON in UTF-8, or nests deep, is refused.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator

from bot.xapi import trouble
from bot.xapi.fields import Record

LONGEST = 16 * 1024
"""Characters of a record that did not end yet; a few hundred are usual."""

_BETWEEN = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_INCOMPLETE = object()


def records(pieces: Iterable[bytes]) -> Iterator[Record]:
    """The records of a body. Trouble where it is no list of records, or not whole."""
    return _Scanner(_texts(pieces)).records()


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    for piece in pieces:
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError:
            raise _unreadable() from None
        yield text
    if decoder.getstate()[0]:
        raise _unreadable()


class _Scanner:
    """What came and was not read yet, from `_at` on."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._text = ""
        self._at = 0

    def records(self) -> Iterator[Record]:
        """As `records` of the module."""
        first = self._peek()
        if first == "[":
            self._at += 1
            yield from self._array()
        elif first in ("", "{"):
            while self._peek():
                yield self._record()
        else:
            raise trouble.not_xapi("with something else than JSON")

    def _array(self) -> Iterator[Record]:
        if self._peek() != "]":
            yield self._record()
        while self._peek() == ",":
            self._at += 1
            yield self._record()
        if self._peek() != "]":
            raise _unreadable()
        self._at += 1
        if self._peek():
            raise _unreadable()

    def _peek(self) -> str:
        """The next character that says something; empty at the end."""
        while True:
            self._at = self._end_of_space()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _end_of_space(self) -> int:
        space = _BETWEEN.match(self._text, self._at)
        return space.end() if space else self._at

    def _record(self) -> Record:
        if self._peek() != "{":
            raise trouble.bad_reply("lists something else than records")
        while (found := self._parsed()) is _INCOMPLETE:
            self._read_to_a_brace()
        if not isinstance(found, dict):
            raise _unreadable()
        return found

    def _parsed(self) -> object:
        """The value that begins here; _INCOMPLETE if more may make it one: an exception would carry the text along."""
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            return _INCOMPLETE
        except (
            ValueError,
            RecursionError,
        ):  # a number of thousands of digits; too deep for json's scanner
            return None
        return value

    def _read_to_a_brace(self) -> None:
        """Records end with one: before it comes there is no use in another look."""
        seen = len(self._text) - self._at
        while seen <= LONGEST and self._more():
            if self._text.find("}", seen) >= 0:
                return
            seen = len(self._text)
        raise _unreadable()

    def _more(self) -> bool:
        """Another piece behind what is left; False at the end."""
        text = next(self._texts, None)
        if text is None:
            return False
        self._text = self._text[self._at :] + text
        self._at = 0
        return True


def _unreadable() -> trouble.Trouble:
    return trouble.bad_reply("is not a whole list in JSON and UTF-8")
