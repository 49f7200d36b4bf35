"""A room of Matrix, by the client-server API: unencrypted ones, as a notice, which no bot answers.

https://spec.matrix.org/v1.11/client-server-api/. The transaction's id is the outbox's, so that a server that has the
message already answers with the same event. A change of an alert replaces its message; what is new stands in its
thread.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from bot.alerts.delivery.outcome import Delivered, NotSent, Outcome, Refused
from bot.checkup import Check
from bot.notify.drawing import html, plain_text
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.web.http_call import RETRY_AFTER_MAX, CallAnswer, CallError, call, failure

LARGEST = 20_000
"""Characters of each form of a text; an event may have 64 kB, in which an edit has all of it twice."""

_EDITS = (NoticeType.EDITED, NoticeType.ACKNOWLEDGED, NoticeType.SNOOZED)


@dataclass(frozen=True, slots=True)
class MatrixNotifier:
    """bot.notify.notifier.Notifier: sends `m.room.message` events. A server knows a repeat for about half an hour."""

    target: NotifierTarget
    knows_repeats: bool = True
    can_edit: bool = True

    def send(self, notice: OutgoingNotice) -> Outcome:
        path = f"/rooms/{quote(self._room, safe='')}/send/m.room.message/{quote(notice.key, safe='')}"
        try:
            answer = self._call("PUT", path, content(notice))
        except CallError as error:
            return error.outcome(self.knows_repeats)
        if refused := self._refused(answer):
            return refused
        event = _object(answer).get("event_id")
        if not isinstance(event, str):  # half an answer: the same event's id comes with the next try
            return NotSent("", "it gave no proper answer")
        return Delivered(notice.thread if notice.type in _EDITS and notice.thread else event)

    def check(self) -> Iterator[Check]:
        name = f"notify {self.target.name}"
        try:
            who, rooms = self._call("GET", "/account/whoami"), self._call("GET", "/joined_rooms")
        except CallError as error:
            yield Check(name, False, f"Matrix: {error.reason}", "look at its URL and `ca`")
            return
        user = _object(who).get("user_id")
        if who.status != 200 or not isinstance(user, str):
            yield Check(name, False, f"Matrix does not know the token (it answered {who.status})", "set another one")
        elif self._room not in (_object(rooms).get("joined_rooms") or ()):
            yield Check(name, False, f"Matrix: {user[:100]} is not in the room", "invite it, and have it join")
        else:
            yield Check(name, True, f"Matrix: {user[:100]} is in the room; it must not be an encrypted one")

    @property
    def _room(self) -> str:
        return unquote(urlsplit(self.target.url).path.lstrip("/"))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> CallAnswer:
        parts = urlsplit(self.target.url)
        token = self.target.secret or unquote(parts.username or "")
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        base = f"{parts.scheme.partition('+')[2]}://{parts.netloc.rpartition('@')[2]}/_matrix/client/v3"
        return call(method, base + path, json.dumps(body).encode() if body else b"", headers, self.target.ca)

    def _refused(self, answer: CallAnswer) -> Outcome | None:
        said = _object(answer)
        code = said.get("errcode")
        if answer.status == 429 and "retry-after" not in answer.headers:
            pause = said.get("retry_after_ms")
            if isinstance(pause, int):
                return NotSent("M_LIMIT_EXCEEDED", "it answered 429", min(pause / 1000, RETRY_AFTER_MAX))
        if answer.status == 403 and code == "M_FORBIDDEN":
            return Refused("M_FORBIDDEN", "the bot may not speak in the room: invite it, and have it join")
        if code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
            return Refused(str(code), "the token does not hold: log in anew, and set it")
        return failure(answer, self.knows_repeats)


def content(notice: OutgoingNotice) -> dict[str, Any]:
    """The event. An edit repeats the alert's message as it is now; what is new hangs below it."""
    said: dict[str, Any] = {
        "msgtype": "m.notice",
        "body": plain_text(notice.reply)[:LARGEST],
        "format": "org.matrix.custom.html",
        "formatted_body": html(notice.reply),
    }
    if len(said["formatted_body"]) > LARGEST:
        del said["format"], said["formatted_body"]
    if notice.thread and notice.type in _EDITS:
        relation = {"rel_type": "m.replace", "event_id": notice.thread}
        return {**said, "body": f"* {said['body']}", "m.new_content": said, "m.relates_to": relation}
    if notice.thread:
        reply_to = {"event_id": notice.thread}
        thread = {"rel_type": "m.thread", **reply_to, "is_falling_back": True, "m.in_reply_to": reply_to}
        return {**said, "m.relates_to": thread}
    return said


def _object(answer: CallAnswer) -> dict[str, Any]:
    said = answer.data
    return said if isinstance(said, dict) else {}
