"""What `slash` needs of Slack: an `auth.test` that answers, and a slash command with a real signature."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

SECRET = "bench"
PEOPLE = 200
"""Who ask by turns: nobody asks so much alone that it would be refused."""


def body_of(person: int = 1) -> str:
    """A slash command of somebody's."""
    return urlencode(
        {
            "command": "/xocompat",
            "text": "XenServer 7.2",
            "team_id": "T1",
            "user_id": f"U{person % PEOPLE}",
            "user_name": "ada",
            "channel_id": "C1",
            "api_app_id": "A1",
            "response_url": "http://127.0.0.1:9/",
            "trigger_id": "1.2",
        }
    )


BODY = body_of()


def headers(body: str = BODY) -> dict[str, str]:
    """The headers of a request that is signed now; they hold for five minutes."""
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(signature),
    }


class _Api(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        home = {"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "B1", "team": "bench", "user": "xocompat"}
        answer = json.dumps(home).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_api() -> Iterator[str]:
    """The base address of a Web API on loopback, ending in `/api/`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        server.server_close()
