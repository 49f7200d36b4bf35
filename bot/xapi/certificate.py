"""The certificate that an endpoint shows: its fingerprint, and as much more as an operator wants to see.

Python describes only certificates that it has verified, which those to be pinned are not. What is read here decides
nothing: it stands beside the fingerprint.
"""

import hashlib
import re
import time
import warnings
from datetime import UTC, datetime
from typing import NamedTuple

from bot.catalogue import say
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import TlsConnect
from bot.xapi.errors import TLS_FAILED, ProbeError
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import TlsContexts

_LONGEST_TEXT = 256
_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0
_TIME = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z")


class Certificate(NamedTuple):
    """A certificate as it was shown. `digest` is the SHA-256 of its DER, 32 bytes.

    `subject` is its own words ("CN=xen-1"), to be cleaned before they are shown; validity is in UTC. None or "" for
    what cannot be read of it.
    """

    digest: bytes
    subject: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def pin(self) -> str:
        """As the configuration has it."""
        return f"sha256:{self.digest.hex()}"

    @property
    def colons(self) -> str:
        """As `openssl x509 -fingerprint -sha256` prints it."""
        return self.digest.hex(":").upper()


def certificate_of(der: bytes) -> Certificate:
    """The certificate of its DER, whatever the bytes are: what cannot be read is left out."""
    from cryptography import x509  # `trust` alone needs it
    from cryptography.x509.oid import NameOID

    shown = Certificate(hashlib.sha256(der).digest())
    kinds = {NameOID.COMMON_NAME: "CN", NameOID.ORGANIZATION_NAME: "O", NameOID.ORGANIZATIONAL_UNIT_NAME: "OU"}
    try:
        with warnings.catch_warnings(action="ignore"):  # hosts make certificates for themselves, not all by the book
            read = x509.load_der_x509_certificate(der)
            words = [
                f"{kinds[each.oid]}={str(each.value)[:_LONGEST_TEXT]}" for each in read.subject if each.oid in kinds
            ]
            valid_from, valid_until = read.not_valid_before_utc, read.not_valid_after_utc
    except (ValueError, x509.InvalidVersion):
        return shown
    return shown._replace(subject=", ".join(words), valid_from=valid_from, valid_until=valid_until)


def valid_until(der: bytes) -> datetime | None:
    """When a certificate ends, of its DER, in UTC (RFC 5280, 4.1.2.5); None if that cannot be read.

    Read here and not by `cryptography`: every probe does so, and would have to load that.
    """
    try:
        _, at, _ = _element(der, 0)
        _, at, _ = _element(der, at)
        if der[at] == _VERSION:
            *_, at = _element(der, at)
        for _ in ("serial number", "signature algorithm", "issuer"):
            *_, at = _element(der, at)
        _, at, _ = _element(der, at)
        *_, at = _element(der, at)  # from when it is valid
        tag, begin, end = _element(der, at)
        text = der[begin:end]
        if tag == _UTC_TIME:
            text = (b"19" if text >= b"50" else b"20") + text
        found = _TIME.fullmatch(text) if tag in (_UTC_TIME, _GENERALIZED_TIME) else None
        if not found:
            return None
        year, month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (IndexError, ValueError):
        return None


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of what begins there, and where its content begins and ends (X.690, 8.1)."""
    tag, length, begin = der[at], der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, begin = int.from_bytes(der[begin : begin + count], "big"), begin + count
    return tag, begin, begin + length


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
    except ProbeError as error:
        return error.failure(name, endpoint)
    try:
        der = tls.getpeercert(binary_form=True)
    finally:
        tls.close()
    return certificate_of(der) if der else ProbeError(TLS_FAILED, say("no certificate")).failure(name, endpoint)
