"""One member of a large JSON object, as it comes: what stands before it is passed over, what follows is not read."""

import json
import re
from collections.abc import Iterable
from typing import Any

from bot.catalogue import say
from bot.xapi.errors import BAD_REPLY, NOT_XAPI, ProbeError

LONGEST = 16 * 1024
"""Bytes that the member, and each text of the object's own, may have."""

_MARKS = re.compile(rb'["\\{}\[\]]')
_SPACE = b" \t\r\n"


def part_of(pieces: Iterable[bytes], name: str) -> dict[str, Any] | None:
    """The object that is the member `name` of a body that is a JSON object; None if it has no such member.

    ProbeError where the body is none, is not whole or has texts without an end.
    """
    scanner = _Scanner(json.dumps(name).encode())
    for piece in pieces:
        if scanner.feed(piece):
            return _parsed(scanner.kept)
    if not scanner.is_at_end:
        raise _unreadable()
    return None


class _Scanner:
    """Where in the body it is. `kept` is of the text that is read, or of the member once it has begun."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._depth = 0
        self._in_text = False
        self._text = b""
        self._skip = 0
        self._keeps = False
        self._is_wanted = False
        self._begun = False
        self.kept = bytearray()

    @property
    def is_at_end(self) -> bool:
        return self._begun and self._depth == 0 and not self._in_text

    def feed(self, piece: bytes) -> bool:
        """Read on; True once the whole member is kept."""
        if not self._begun:
            piece = piece.lstrip(_SPACE)
            if piece and piece[:1] != b"{":
                raise ProbeError(NOT_XAPI, say("with something else than a JSON object"))
            self._begun = bool(piece)
        kept_from, skip = 0, self._skip
        for mark in _MARKS.finditer(piece):
            at = mark.start()
            if at < skip:
                continue  # escaped
            what = piece[at]
            if self._in_text:
                if what == 0x5C:  # a backslash
                    skip = at + 2
                elif what == 0x22:
                    self._in_text = False
                    if self._depth == 1:
                        self._keep(piece[kept_from : at + 1])
                        self._text, self.kept, self._keeps = bytes(self.kept), bytearray(), False
                continue
            match what:
                case 0x22:
                    self._in_text = True
                    if self._depth == 1:
                        self._keeps, kept_from = True, at
                case 0x7B | 0x5B:
                    if self._depth == 1 and what == 0x7B and self._text == self._name:
                        self._keeps, self._is_wanted, kept_from = True, True, at
                    self._depth += 1
                case 0x7D | 0x5D:
                    self._depth -= 1
                    if self._depth < 0:
                        raise _unreadable()
                    if self._depth == 1 and self._is_wanted:
                        self._keep(piece[kept_from : at + 1])
                        return True
                case _:
                    raise _unreadable()
        self._skip = max(0, skip - len(piece))
        if self._keeps:
            self._keep(piece[kept_from:])
        return False

    def _keep(self, more: bytes) -> None:
        self.kept += more
        if len(self.kept) > LONGEST:
            raise _unreadable()


def _parsed(kept: bytearray) -> dict[str, Any]:
    try:
        found = json.loads(kept)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _unreadable() -> ProbeError:
    return ProbeError(BAD_REPLY, say("is not a whole object in JSON and UTF-8"))
