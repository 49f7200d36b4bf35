"""The certificate that an endpoint shows, for an operator to look at before it is pinned. Nothing is sent to it."""

import time

from bot.xapi.bounds import Bounds, Clock, Deadline
from bot.xapi.dial import TlsConnect
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import Contexts, digest
from bot.xapi.trouble import Trouble


def fingerprint(
    endpoint: Endpoint, name: str, clock: Clock = time.monotonic, bounds: Bounds | None = None
) -> bytes | Failure:
    """The SHA-256 of the DER certificate that an endpoint shows now, trusted or not; 32 bytes.

    `name` is the target's, for a Failure. The handshake is all that is sent; of the endpoint's trust only the lowest
    TLS version counts.
    """
    unchecked = endpoint._replace(trust=Trust(TlsMode.INSECURE, minimum=endpoint.trust.minimum))
    deadline = Deadline(clock, (bounds or Bounds()).connect)
    try:
        tls = TlsConnect(Contexts())(unchecked, deadline)
    except Trouble as stopped:
        return stopped.failure(name, endpoint)
    try:
        return digest(tls)
    finally:
        tls.close()
