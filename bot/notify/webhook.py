"""Webhooks as Standard Webhooks has them: an id that stays, a signature over it, the time and the very bytes sent.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.delivery.outcome import Delivered, Outcome
from bot.chat.channels import notify_channel
from bot.checkup import Check
from bot.matrix.matrix import Matrix
from bot.notify.notice import OutgoingNotice, document
from bot.notify.notifier import NotifierTarget
from bot.notify.reach import reaches
from bot.web.http_call import CallError, call, failure

LARGEST = 20_000
"""Bytes of a document, as the specification advises; beyond it the alerts' hosts are left out, then the text."""

_PREFIX = "whsec_"


def keys_of(secret: str) -> tuple[bytes, ...]:
    """The keys of a secret: `whsec_` and base64, or any text; several, parted by spaces, while one is replaced."""
    return tuple(map(_key, secret.split()))


def _key(text: str) -> bytes:
    if text.startswith(_PREFIX):
        try:
            return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return text.encode()


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC of the three, in base64."""
    mac = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


@dataclass(frozen=True, slots=True)
class WebhookNotifier:
    """bot.notify.notifier.Notifier: POSTs a JSON document. Whoever receives it twice knows it by `webhook-id`."""

    target: NotifierTarget
    matrix: Callable[[], Matrix]
    clock: Callable[[], datetime]
    knows_repeats: bool = True
    can_edit: bool = False

    def send(self, notice: OutgoingNotice) -> Outcome:
        body = self._body(notice)
        stamp = int(self.clock().timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": notice.key,
            "webhook-timestamp": str(stamp),
        }
        if self.target.secret:
            signed = (signature(key, notice.key, stamp, body) for key in keys_of(self.target.secret))
            headers["webhook-signature"] = " ".join(signed)
        try:
            answer = call("POST", self.target.url, body, headers, self.target.ca)
        except CallError as error:
            return error.outcome(self.knows_repeats)
        return failure(answer, self.knows_repeats) or Delivered(notice.key)

    def check(self) -> Iterator[Check]:
        name = f"notify {self.target.name}"
        yield reaches(self.target, self.target.url)
        if not self.target.secret:
            yield Check(f"{name} signature", True, "messages are not signed", "set `secret_env`, and verify them")

    def _body(self, notice: OutgoingNotice) -> bytes:
        """The document, with less in it as long as it is too large."""
        made = document(notice, notify_channel(self.target.name), self.matrix())
        data = made["data"]
        if len(body := _json(made)) > LARGEST:
            data["alerts"] = [{**alert, "hosts": [], "advisories": []} for alert in data["alerts"]]
            body = _json(made)
        if len(body) > LARGEST:
            data["text"], data["alerts"] = data["text"][:2000], data["alerts"][:10]
            body = _json(made)
        return body


def _json(made: object) -> bytes:
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
