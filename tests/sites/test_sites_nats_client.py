"""The connection of a site or a centre: it tries again whatever was in the way, says why, and ends when told to."""

import logging
import time
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot.simulator import SimCertificate
from bot.sites.nats_client import NatsAccount, NatsConnection
from tests.acceptance.waiting import until
from tests.sites.conftest import ConfiguredServer

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
