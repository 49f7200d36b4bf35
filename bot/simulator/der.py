"""DER, as much of it as a certificate and a key file need (ITU-T X.690)."""

import base64
from datetime import date


def sequence(*items: bytes) -> bytes:
    return _tagged(0x30, b"".join(items))


def set_of(*items: bytes) -> bytes:
    return _tagged(0x31, b"".join(items))


def integer(number: int) -> bytes:
    """A number of zero or more."""
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def boolean(value: bool) -> bytes:
    return _tagged(0x01, b"\xff" if value else b"\x00")


def null() -> bytes:
    return _tagged(0x05, b"")


def identifier(dotted: str) -> bytes:
    """An object identifier such as `2.5.4.3`."""
    first, second, *rest = map(int, dotted.split("."))
    return _tagged(0x06, b"".join(map(_base128, (first * 40 + second, *rest))))


def text(value: str) -> bytes:
    return _tagged(0x0C, value.encode())


def octets(value: bytes) -> bytes:
    return _tagged(0x04, value)


def bits(value: bytes, unused: int = 0) -> bytes:
    return _tagged(0x03, bytes([unused]) + value)


def day(value: date) -> bytes:
    """Midnight UTC of a day from 1950 to 2049 (RFC 5280, section 4.1.2.5.1)."""
    return _tagged(0x17, value.strftime("%y%m%d000000Z").encode())


def explicit(number: int, value: bytes) -> bytes:
    """A value within a tag of the context."""
    return _tagged(0xA0 + number, value)


def implicit(number: int, content: bytes) -> bytes:
    """Plain content under a tag of the context, in place of its own."""
    return _tagged(0x80 + number, content)


def pem(label: str, der: bytes) -> str:
    """The text form, RFC 7468."""
    lines = base64.encodebytes(der).decode().replace("\n", "")
    body = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def _tagged(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 + len(digits)]) + digits


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
