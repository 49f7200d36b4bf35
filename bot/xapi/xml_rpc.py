"""XML-RPC's values, written and read.

Read with expat, a piece at a time, and nothing but what XML-RPC has: an attribute, a comment, a section, a document
type (and so any entity of its own) or a name of an element that is too long is refused before expat sees it, for it
keeps such things, and holds back what has no end. Nesting, texts and the weight of all values are bounded.
"""

import re
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from bot.catalogue import message, say
from bot.xapi.bounds import ProbeBounds
from bot.xapi.errors import BAD_REPLY, LOGIN_NOT_IN_XML, NOT_XAPI, TOO_LARGE, ProbeError

OTHER = message("with XML of another kind")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,20})[ \t\r\n]*", re.ASCII)
_ELEMENTS = frozenset(
    {
        *("methodResponse", "params", "param", "fault", "value", "struct", "member", "name", "array", "data", "nil"),
        *("string", "int", "i4", "i8", "boolean", "double", "dateTime.iso8601", "base64"),
    }
)
_HOLDERS = frozenset({"struct", "array"})

_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}<\?xml[^<>]{0,200}\?>")
_STRANGE = re.compile(rb"<(?!/?[A-Za-z0-9.:_-]{1,32}[ \t\r\n]{0,32}/?>)")
"""What begins with `<` and is no tag without attributes."""
_REFERENCE = re.compile(rb"&(?![A-Za-z0-9#]{1,10};)")
_BEGINNING = 512
"""Bytes of something strange from which one sees whether it is XML-RPC at all."""
_PIECE = 64 * 1024
_LONGEST_TEXT = 1024 * 1024
"""Characters of one value or name; the longest of a host's record have some thousands."""

WEIGHTS = {b"<value": 80, b"<struct": 240, b"<array": 80, b"<member": 160}
"""Bytes that an element stands for once it is read: a text with its place, a dict, a list, a name with its place."""


def request(method: str, params: list[str]) -> bytes:
    """The body that calls a method. ProbeError if a text cannot be written in XML."""
    if any(_NOT_XML.search(param) for param in params):
        raise ProbeError(LOGIN_NOT_IN_XML)
    # A bare carriage return would be read as a line feed.
    texts = (escape(param, {"\r": "&#13;"}) for param in params)
    values = "".join(f"<param><value><string>{text}</string></value></param>" for text in texts)
    head = f'<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>{method}</methodName>'
    return f"{head}<params>{values}</params></methodCall>".encode()


class XmlReply(NamedTuple):
    """The value of a reply, and whether it is a fault."""

    value: Any
    is_fault: bool


def read(body: bytes, bounds: ProbeBounds) -> XmlReply:
    """What a body holds. ProbeError if it is no reply of XML-RPC, or is beyond the bounds of depth or values."""
    if sum(body.count(sign) * weight for sign, weight in WEIGHTS.items()) > bounds.values:
        raise ProbeError(TOO_LARGE, say("too many values"))
    reader = _Reader(bounds.depth)
    if not reader.feed(body):
        raise ProbeError(BAD_REPLY, say("is not valid XML in UTF-8"))
    if reader.is_foreign or not reader.roots:
        raise ProbeError(NOT_XAPI, say(OTHER))
    return XmlReply(reader.roots[0], reader.is_fault)


class _Stop(Exception):
    """Reading must end here; expat lets it through."""


class _Reader:
    """Builds values while expat reads. `roots` are the values that lie in no other: a reply has one."""

    def __init__(self, depth: int) -> None:
        self.roots: list[Any] = []
        self.is_foreign = False
        self.is_fault = False
        self._allowed = depth
        self._depth = 0
        self._holders: list[dict[str, Any] | list[Any]] = []
        self._names: list[str] = []
        self._value: Any = None
        self._is_typed = False
        self._text: list[str] = []
        self._length = 0

    def feed(self, body: bytes) -> bool:
        """Read it all; False if it is not well-formed, holds a document type or nests too deep."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        declaration = _DECLARATION.match(body)
        begin = declaration.end() if declaration else 0
        strange = _STRANGE.search(body, begin) or _REFERENCE.search(body, begin)
        end = min(strange.start() + _BEGINNING, len(body)) if strange else len(body)
        try:
            for at in range(0, end, _PIECE):
                parser.Parse(body[at : min(at + _PIECE, end)], False)
            parser.Parse(b"", True)
        except (expat.ExpatError, _Stop):
            return self.is_foreign
        return not strange

    def _refuse(self, *_: object) -> None:
        raise _Stop

    def _add_text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise _Stop
        self._text.append(text)

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "methodResponse":
            self.is_foreign = True
        if self.is_foreign or self._depth > self._allowed or name not in _ELEMENTS:
            raise _Stop
        self._clear_text()
        if name == "value":
            self._value, self._is_typed = None, False
        elif name == "struct":
            self._holders.append({})
        elif name == "array":
            self._holders.append([])
        elif name == "fault":
            self.is_fault = True

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "value":
            self._add(self._value if self._is_typed else "".join(self._text))
        elif name == "name":
            self._names.append("".join(self._text))
        elif name == "member":
            del self._names[-1:]
        elif name in _HOLDERS:
            self._value, self._is_typed = self._holders.pop(), True
        elif name not in ("data", "param", "params", "fault", "methodResponse"):
            self._value, self._is_typed = _scalar(name, "".join(self._text)), True
        self._clear_text()

    def _clear_text(self) -> None:
        self._text.clear()
        self._length = 0

    def _add(self, value: Any) -> None:
        self._value, self._is_typed = None, False
        if not self._holders:
            self.roots.append(value)
        elif isinstance(holder := self._holders[-1], list):
            holder.append(value)
        elif self._names:
            holder[self._names[-1]] = value
        else:
            raise _Stop


def _scalar(name: str, text: str) -> Any:
    """A value of its element. What does not read as its kind stays text, and is no number to those who need one."""
    number = _NUMBER.fullmatch(text) if name in ("int", "i4", "i8", "boolean") else None
    if name == "nil":
        return None
    if number is None:
        return text
    return int(number[1]) if name != "boolean" else number[1] == "1"
