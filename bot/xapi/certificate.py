"""The certificate that an endpoint shows, for an operator to look at before it is pinned. Nothing is sent to it."""

import hashlib
import time
from datetime import datetime
from typing import NamedTuple

from bot.xapi import trouble, x509
from bot.xapi.bounds import Bounds, Clock, Deadline
from bot.xapi.dial import TlsConnect
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import Contexts
from bot.xapi.trouble import Trouble


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
    described = x509.described(der)
    return Certificate(hashlib.sha256(der).digest(), *described)


def shown_by(
    endpoint: Endpoint, name: str, clock: Clock = time.monotonic, bounds: Bounds | None = None
) -> Certificate | Failure:
    """The certificate that an endpoint shows now, trusted or not.

    `name` is what a Failure calls the endpoint. The handshake is all that is sent; of the endpoint's trust only the
    lowest TLS version counts.
    """
    unchecked = endpoint._replace(trust=Trust(TlsMode.INSECURE, minimum=endpoint.trust.minimum))
    deadline = Deadline(clock, (bounds or Bounds()).connect)
    try:
        tls = TlsConnect(Contexts())(unchecked, deadline)
    except Trouble as stopped:
        return stopped.failure(name, endpoint)
    try:
        der = tls.getpeercert(binary_form=True)
    finally:
        tls.close()
    return certificate_of(der) if der else trouble.tls_failed("no certificate").failure(name, endpoint)
