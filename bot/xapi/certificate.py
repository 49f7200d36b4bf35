"""As much of a certificate as an operator wants to see: whose it is, and when it is valid (RFC 5280, section 4.1).

Python describes only certificates that it has verified, which those to be pinned are not. What is read here decides
nothing: it stands beside the fingerprint.
"""

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from bot.xapi import errors
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import TlsConnect
from bot.xapi.errors import ProbeError
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import TlsContexts

_SEQUENCE, _SET, _OID = 0x30, 0x31, 0x06
_VERSION = 0xA0
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}
_LONGEST_TEXT = 256


class Described(NamedTuple):
    """What a certificate says of itself; "" and None for what does not read as it should."""

    subject: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class _Element(NamedTuple):
    """A value of DER with its tag."""

    tag: int
    content: bytes


def described(der: bytes) -> Described:
    """Subject and validity of a certificate, whatever the bytes are."""
    try:
        certificate = _inside(next(_elements(der)), _SEQUENCE)
        to_be_signed = _inside(next(certificate), _SEQUENCE)
        fields = [element for element in to_be_signed if element.tag != _VERSION]
        _, _, _, validity, subject = fields[:5]  # serial number, algorithm and issuer come before
        valid_from, valid_until = map(_moment, _inside(validity, _SEQUENCE))
        return Described(", ".join(_named(subject)), valid_from, valid_until)
    except (ValueError, StopIteration):
        return Described()


def _elements(data: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        head = data[at : at + 2]
        if len(head) < 2 or head[0] & 0x1F == 0x1F:
            raise ValueError
        at, length = at + 2, head[1]
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
            if not 1 <= size <= 4:
                raise ValueError
        if at + length > len(data):
            raise ValueError
        yield _Element(head[0], data[at : at + length])
        at += length


def _inside(element: _Element, tag: int) -> Iterator[_Element]:
    if element.tag != tag:
        raise ValueError
    return _elements(element.content)


def _named(subject: _Element) -> Iterator[str]:
    for part in _inside(subject, _SEQUENCE):
        for pair in _inside(part, _SET):
            kind, value = _inside(pair, _SEQUENCE)
            if kind.tag == _OID and kind.content in _NAMES and value.tag in _TEXTS:
                yield f"{_NAMES[kind.content]}={value.content.decode(_TEXTS[value.tag])[:_LONGEST_TEXT]}"


def _moment(element: _Element) -> datetime:
    """RFC 5280 has seconds always, and UTC; of years with two digits 50 and more are of the last century."""
    if element.tag not in _TIMES:
        raise ValueError
    moment = datetime.strptime(element.content.decode("ascii"), _TIMES[element.tag]).replace(tzinfo=UTC)
    is_last_century = element.tag == 0x17 and moment.year >= 2050
    return moment.replace(year=moment.year - 100) if is_last_century else moment


class Certificate(NamedTuple):
    """A certificate as it was shown. `digest` is the SHA-256 of its DER, 32 bytes.

    `subject` is its own words ("CN=xen-1"), to be cleaned before they are shown; validity is in UTC. None or "" for
    what cannot be read of it.
    """

    digest: bytes
    subject: str
    valid_from: datetime | None
    valid_until: datetime | None

    @property
    def pin(self) -> str:
        """As the configuration has it."""
        return f"sha256:{self.digest.hex()}"

    @property
    def colons(self) -> str:
        """As `openssl x509 -fingerprint -sha256` prints it."""
        return self.digest.hex(":").upper()


def certificate_of(der: bytes) -> Certificate:
    """The certificate of its DER; total."""
    seen = described(der)
    return Certificate(hashlib.sha256(der).digest(), *seen)


def shown_by(
    endpoint: Endpoint, name: str, clock: Clock = time.monotonic, bounds: ProbeBounds | None = None
) -> Certificate | Failure:
    """The certificate that an endpoint shows now, trusted or not.

    `name` is what a Failure calls the endpoint. The handshake is all that is sent; of the endpoint's trust only the
    lowest TLS version counts.
    """
    unchecked = endpoint._replace(trust=Trust(TlsMode.INSECURE, minimum=endpoint.trust.minimum))
    deadline = Deadline(clock, (bounds or ProbeBounds()).connect)
    try:
        tls = TlsConnect(TlsContexts())(unchecked, deadline)
    except ProbeError as stopped:
        return stopped.failure(name, endpoint)
    try:
        der = tls.getpeercert(binary_form=True)
    finally:
        tls.close()
    return certificate_of(der) if der else errors.tls_failed("no certificate").failure(name, endpoint)
