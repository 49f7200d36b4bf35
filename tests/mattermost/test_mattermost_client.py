"""Calls to Mattermost: over TLS that is checked, with bounds, along no redirect, and with the token told to nobody."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.mattermost.client import MattermostClient
from bot.mattermost.errors import MattermostError
from tests.xapi.certificates import Authority

TOKEN = "a-token-that-nobody-may-see"


class _Answers(BaseHTTPRequestHandler):
    """What is answered, by path."""

    def do_GET(self) -> None:
        status, body = {
            "/api/v4/fine": (200, b'{"id": "x"}'),
            "/api/v4/page": (200, b"<html>"),
            "/api/v4/long": (200, b"1" * 2000),
            "/api/v4/away": (302, b""),
        }[self.path]
        self.send_response(status)
        self.send_header("Location", "/api/v4/fine")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def url(authority: Authority) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    server.socket = authority.certificate("good", "127.0.0.1").context().wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that does not trust it is no news
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_certificate_must_be_trusted(url: str, authority: Authority) -> None:
    assert MattermostClient(url, TOKEN, str(authority.file)).get("/fine") == {"id": "x"}
    with pytest.raises(MattermostError, match="certificate") as raised:
        MattermostClient(url, TOKEN).get("/fine")
    assert not raised.value.sent
    with pytest.raises(MattermostError, match=r"mattermost\.ca. cannot be used"):
        MattermostClient(url, TOKEN, "/nowhere/ca.pem").get("/fine")


@pytest.mark.parametrize("path", ["/page", "/long", "/away"])
def test_what_is_no_answer_of_mattermosts_is_an_error(
    url: str, authority: Authority, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mattermost.client.ANSWER_MAX", 1000)
    with pytest.raises(MattermostError) as raised:
        MattermostClient(url, TOKEN, str(authority.file)).get(path)
    assert (raised.value.id, raised.value.sent) == ("", True)
    assert TOKEN not in repr(raised.value)
