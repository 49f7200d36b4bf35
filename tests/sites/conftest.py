"""A server with the configuration that `xocompat sites config` makes, for a centre and the sites paris and london."""

import ssl
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig

from bot.sites.server_config import make_nats_config
from bot.sites.subjects import ASK_STREAM, CENTRE, DEAD_STREAM, EVERY_SITE, OBSERVED_STREAM, SiteSubjects
from bot.store.store import Store, open_store
from tests.sites.nats_server import NatsServer
from tests.sites.site_lab import LOG, now

SITES = ("london", "paris")


async def _ignored(_: Exception) -> None:
    """What a client tells of itself."""


class ConfiguredServer(NamedTuple):
    """The server, and the folder with everybody's keys."""

    server: NatsServer
    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "centre" / "ca.pem"

    def seed(self, who: str) -> Path:
        return self.folder / "centre" / "centre.nk" if who == CENTRE else self.folder / "sites" / who / f"{who}.nk"

    async def client(self, who: str, on_error: Callable[[Exception], Awaitable[None]] = _ignored) -> Client:
        """Connected with the seed of the centre or of a site."""
        return await nats.connect(
            self.server.url,
            nkeys_seed=str(self.seed(who)),
            tls=ssl.create_default_context(cafile=self.ca),
            inbox_prefix="_INBOX" if who == CENTRE else SiteSubjects(who).inbox,
            allow_reconnect=False,
            error_cb=on_error,
        )

    async def set_up(self) -> None:
        """Make streams and consumers as a centre does."""
        client = await self.client(CENTRE)
        manager = client.jsm()
        for name, subject, retention in (
            (ASK_STREAM, EVERY_SITE.ask, RetentionPolicy.WORK_QUEUE),
            (OBSERVED_STREAM, EVERY_SITE.observed, RetentionPolicy.WORK_QUEUE),
            (DEAD_STREAM, EVERY_SITE.dead, RetentionPolicy.LIMITS),
        ):
            await manager.add_stream(
                StreamConfig(name=name, subjects=[subject], retention=retention, max_bytes=1 << 20)
            )
        await manager.add_consumer(OBSERVED_STREAM, ConsumerConfig(durable_name=CENTRE))
        for site in SITES:
            consumer = ConsumerConfig(durable_name=site, filter_subject=SiteSubjects(site).ask)
            await manager.add_consumer(ASK_STREAM, consumer)
        await client.close()


def configured_server(folder: Path) -> ConfiguredServer:
    """Not started yet."""
    server = NatsServer(folder)
    keys = folder / "keys"
    server.configure(make_nats_config(SITES, keys, f"tls://{server.address}").text)
    return ConfiguredServer(server, keys)


@pytest.fixture(scope="session")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConfiguredServer]:
    """Running, without streams or with those that a test before made."""
    made = configured_server(tmp_path_factory.mktemp("configured"))
    with made.server:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than in earnest, and takes a worker for dead sooner."""
    for name, seconds in (
        ("centre.FLUSH", 0.2),
        ("nats_client.AGAIN", 0.1),
        ("centre.ACK_WAIT", 3.0),
        ("site.LOOK", 0.2),
        ("site.PROGRESS", 0.5),
    ):
        monkeypatch.setattr(f"bot.sites.{name}", seconds)


@pytest.fixture
def jetstream(tmp_path: Path) -> Iterator[NatsServer]:
    """Running, for everybody, with nothing in it."""
    with NatsServer(tmp_path) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'centre.db'}", LOG, now)
    yield opened
    opened.close()
