"""The server of the tests is a real one: what was stored is there after a kill, at the same address."""

import asyncio
import ssl
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from bot.simulator import SimCertificate
from tests.sites.nats_server import NatsServer, refused_config


def test_it_keeps_address_and_store_through_a_kill(tmp_path: Path) -> None:
    async def store() -> None:
        client = await nats.connect(server.url, allow_reconnect=False)
        await client.jetstream().add_stream(StreamConfig(name="kept", subjects=["kept"]))
        await client.jetstream().publish("kept", b"one")
        await client.close()

    async def stored() -> bytes | None:
        client = await nats.connect(server.url, allow_reconnect=False)
        try:
            return (await client.jetstream().get_msg("kept", 1)).data
        finally:
            await client.close()

    with NatsServer(tmp_path) as server:
        asyncio.run(store())
        before = server.url
        server.kill()
        server.start()
        assert server.url == before
        assert asyncio.run(stored()) == b"one"


def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    async def version(context: ssl.SSLContext) -> object:
        client = await nats.connect(server.url, tls=context, allow_reconnect=False)
        try:
            return client.connected_server_version
        finally:
            await client.close()

    with NatsServer(tmp_path, certificate=SimCertificate("nats")) as server:
        assert asyncio.run(version(ssl.create_default_context(cafile=server.ca)))
        with pytest.raises(ssl.SSLCertVerificationError):
            asyncio.run(version(ssl.create_default_context()))


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no_such_key"):
        NatsServer(tmp_path, "no_such_key: 1").start()
    assert "no_such_key" in refused_config(tmp_path / "nats.conf")
