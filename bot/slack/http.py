"""Requests over HTTP: the signature is checked before anything is parsed, and what has no shape is turned away.

Nothing that arrives unsigned gets further than here, so it can't become an error of ours. The one exception is Slack's
own question whether TLS works, which is answered and does nothing.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from slack_bolt import App, BoltRequest, BoltResponse

from bot.slack.shapes import COMMAND_HAS_NOT, is_payload
from bot.slack.signature import SlackSignature

_SSL_CHECK = frozenset({"ssl_check", "token"})
_SSL_CHECK_MAX = 200
"""Bytes of Slack's question whether the address has a certificate: it is not signed, and has two fields at most."""


class RequestVerifier:
    """Lets signed requests of Slack in. `now` is in seconds since the epoch: a signature holds for five minutes."""

    def __init__(self, app: App, signing_secret: str, now: Callable[[], float]) -> None:
        self._app = app
        self._signature = SlackSignature(signing_secret, now)

    def receive(self, body: bytes, headers: Mapping[str, str]) -> BoltResponse:
        """The answer to a POST; names of headers in lower case."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return BoltResponse(status=400, body="not UTF-8")
        if _is_ssl_check(text):
            return BoltResponse(status=200)
        if not self._signature.holds(text, headers):
            return BoltResponse(status=401, body="bad signature")
        payload = parse(text, headers.get("content-type", ""))
        if payload is None:
            return BoltResponse(status=400, body="not a request of Slack's")
        # The mode in which Bolt takes what is parsed already; the other one would parse and verify it once more.
        return self._app.dispatch(BoltRequest(body=payload, mode="socket_mode"))


def parse(text: str, content_type: str) -> dict[str, Any] | None:
    """The payload in a body, JSON or a form; None if Bolt could not read it. Total."""
    try:
        if content_type.split(";")[0] == "application/json" or text.startswith("{"):
            payload = json.loads(text)
        else:
            form = _form(text)
            if "payload" not in form:
                return form if "command" in form and COMMAND_HAS_NOT.isdisjoint(form) else None
            payload = json.loads(form["payload"])
        return payload if is_payload(payload) else None
    except (ValueError, RecursionError):
        return None


def _is_ssl_check(text: str) -> bool:
    """Whether a body asks for nothing but an answer over TLS: `ssl_check=1`, with or without the old token."""
    if len(text) > _SSL_CHECK_MAX or "ssl_check=1" not in text:
        return False
    form = _form(text)
    return form.get("ssl_check") == "1" and _SSL_CHECK.issuperset(form) and text.count("=") == len(form)


def _form(text: str) -> dict[str, str]:
    """The fields of a form, the last of those that come twice. The library decodes all; most of them need it not."""
    pairs = [pair.partition("=") for pair in text.replace("+", " ").split("&") if pair]
    return {
        unquote(name) if "%" in name else name: unquote(value) if "%" in value else value for name, _, value in pairs
    }
