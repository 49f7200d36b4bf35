"""What travels between a centre and a site, as somebody sees it who hears all of it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from gzip import decompress
from itertools import cycle

import structlog

from bot.sites.messages import ProbeMessage
from bot.sites.nats_client import NatsAccount, NatsConnection
from bot.sites.subjects import PREFIX, SiteSubjects
from tests.acceptance.waiting import until

AT_ONCE = 8
ANSWERED_WITHIN = 40.0
SESSION = "OpaqueRef"
"""What every session of XAPI's has in it."""


class Observer:
    """Reads all bodies, and counts those in which something stands that must not leave a site."""

    def __init__(self, account: NatsAccount, secrets: Sequence[str]) -> None:
        self._secrets, self._lock = (*secrets, SESSION), threading.Lock()
        self.read = self.with_secrets = 0
        self.connection = NatsConnection(account, "observer", structlog.get_logger())
        for subject in (f"{PREFIX}.>", "_INBOX.>"):
            self.connection.listen(subject, "", self._hear)

    def _hear(self, _: str, body: bytes) -> None:
        text = (decompress(body) if body[:2] == b"\x1f\x8b" else body).decode(errors="replace")
        with self._lock:
            self.read += '"v":' in text  # the server's own receipts have none
            self.with_secrets += any(secret in text for secret in self._secrets)

    def probe_until(self, site: str, targets: Sequence[str], bodies: int) -> None:
        """Have targets of a site probed, one after the other, until so many bodies were read."""
        names, probe = cycle(targets), SiteSubjects(site).probe
        turn = threading.Lock()

        def ask(_: int) -> None:
            while self.read < bodies:
                with turn:
                    name = next(names)
                self.connection.request(probe, ProbeMessage(name).pack(), ANSWERED_WITHIN)

        self.connection.start()
        until(self.connection.up.is_set, ANSWERED_WITHIN, "the observer is connected")
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(ask, range(AT_ONCE)))
        self.connection.close()
