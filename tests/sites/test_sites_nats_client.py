"""The connection of a site or a centre: it tries again whatever was in the way, says why, and ends when told to."""

import gc
import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot.errors import UnavailableError
from bot.simulator import SimCertificate
from bot.sites.centre import streams
from bot.sites.nats_client import NatsAccount, NatsConnection
from tests.acceptance.waiting import until
from tests.sites.conftest import ConfiguredServer
from tests.sites.nats_server import NatsServer

SOON = 20.0
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.mark.parametrize(
    ("key", "why"),
    [("ca", "its certificate is not trusted"), ("credentials", "invalid seed"), ("no file", "No such file")],
)
def test_what_was_in_the_way_is_told_and_tried_again_until_it_is_mended(
    configured: ConfiguredServer, tmp_path: Path, key: str, why: str
) -> None:
    file, seed, ca = tmp_path / "file", configured.seed("paris"), configured.ca
    if key != "no file":
        file.write_text(SimCertificate("other", names=("127.0.0.1",)).pem if key == "ca" else "no seed")
    account = NatsAccount(configured.server.url, file, ca=ca)
    if key == "ca":
        account = account._replace(credentials=seed, ca=file)
    connection = NatsConnection(account, "paris", structlog.get_logger(), "_INBOX.paris")
    with capture_logs() as logs:
        connection.start()
        until(lambda: logs, SOON, "it says why")
        assert why in logs[0]["reason"]
        file.write_bytes((ca if key == "ca" else seed).read_bytes())
        until(connection.up.is_set, SOON, "it is connected")
    connection.close()


def test_one_that_trusts_nobody_ends_when_it_is_told_to(configured: ConfiguredServer) -> None:
    connection = NatsConnection(NatsAccount(configured.server.url), "paris", structlog.get_logger())
    with capture_logs() as logs:
        connection.start()
        until(lambda: logs, SOON, "it was refused")
    begun = time.monotonic()
    connection.close()
    assert time.monotonic() - begun < 4


def test_a_server_that_goes_is_noticed_without_words_of_the_libraries(
    configured: ConfiguredServer, caplog: pytest.LogCaptureFixture
) -> None:
    account = NatsAccount(configured.server.url, configured.seed("paris"), ca=configured.ca)
    connection = NatsConnection(account, "paris", structlog.get_logger(), "_INBOX.paris")
    connection.start()
    until(connection.up.is_set, SOON, "it is connected")
    with caplog.at_level(logging.DEBUG, "asyncio"):
        configured.server.kill()
        until(lambda: not connection.up.is_set(), SOON, "it is noticed")
        configured.server.start()
        until(connection.up.is_set, SOON, "it is connected again")
    connection.close()
    assert "eof_received" not in caplog.text


def test_a_pull_that_the_end_interrupts_is_an_error_of_ours_and_no_word_of_the_libraries(
    jetstream: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()  # what tests before have left says its word here
    caplog.clear()
    connection = NatsConnection(NatsAccount(jetstream.url), "paris", structlog.get_logger())
    connection.start()
    until(connection.up.is_set, SOON, "it is connected")
    (stream, *_) = streams()
    connection.make_stream(stream)
    connection.make_consumer("XOCOMPAT_ASK", "paris", "xocompat.v1.paris.ask", 5.0, 1)

    def pull() -> None:
        with suppress(UnavailableError):
            connection.pull("XOCOMPAT_ASK", "paris", 1, 60.0)

    pulling = threading.Thread(target=pull)
    pulling.start()
    until(lambda: connection._pulls, SOON, "it asks for a message")
    connection.close()
    pulling.join(SOON)
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
