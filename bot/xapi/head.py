"""The head of a reply: its status, and what it says of its body (RFC 9112). What breaks the rules is refused."""

import re
from typing import NamedTuple

from bot.xapi import trouble
from bot.xapi.bounds import Bounds
from bot.xapi.trouble import Trouble

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: |\Z)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Head(NamedTuple):
    """What the headers say of the body. `length` is None for one that lasts until the connection ends."""

    status: int
    kind: str
    length: int | None
    chunked: bool
    keep: bool


def read_head(lines: list[bytes], bounds: Bounds) -> Head:
    """The head of its lines, without the blank one. Trouble if it breaks the rules or the bounds."""
    status = _STATUS.match(lines[0])
    if not status:
        raise trouble.not_xapi("with something else than HTTP")
    if len(lines) - 1 > bounds.headers:
        raise trouble.bad_reply("has too many headers")
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        contradicts = name in _FRAMING and headers.get(name, value) != value
        if not colon or not name or name != name.strip() or contradicts:
            raise trouble.bad_reply("has headers that contradict each other, or are none")
        headers[name] = value
    length, chunked = _framing(headers, bounds)
    connection = headers.get(b"connection", b"").lower()
    keep = b"close" not in connection and (status[1] == b"1" or b"keep-alive" in connection)
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    framed = chunked or length is not None
    return Head(int(status[2]), kind.decode("ascii", "replace"), length, chunked, keep and framed)


def _framing(headers: dict[bytes, bytes], bounds: Bounds) -> tuple[int | None, bool]:
    """Length and whether it is chunked. A reply that claims both is refused (RFC 9112, 6.3)."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None and (length is not None or coding.lower() != b"chunked"):
        raise trouble.bad_reply("does not say how long it is")
    if length is None:
        return None, coding is not None
    if not _LENGTH.fullmatch(length):
        raise trouble.bad_reply("does not say how long it is")
    if int(length) > bounds.reply:
        raise too_large(bounds)
    return int(length), False


def too_large(bounds: Bounds) -> Trouble:
    """The trouble with a reply of more bytes than are read."""
    size = f"{bounds.reply >> 20} MiB" if bounds.reply >= 1 << 20 else f"{bounds.reply} bytes"
    return trouble.too_large(f"more than {size} at once")
