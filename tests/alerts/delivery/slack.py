"""A Slack that keeps what is posted: messages with metadata, threads, edits, history by pages, scopes, membership.

Over HTTP, as the Web API is. What a fault does to a call is decided by `tests.alerts.delivery.weather`.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from bot.alerts.delivery.outbox import Delivery
from bot.chat.reply import Reply
from bot.chat.transport import PlatformTransport
from bot.slack.client import web_client
from bot.slack.membership import Groups, Identity
from bot.slack.platform import SlackPlatform
from tests.alerts.delivery.queue import LAB
from tests.alerts.delivery.weather import Call, Calm, Json, Said, Weather
from tests.alerts.delivery.words import plainly

TOKEN = "xoxb-of-the-tests"
SCOPES = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "chat.postEphemeral": "chat:write",
    "usergroups.users.list": None,
    "respond": None,
    "views.open": None,
    "views.publish": None,
}
BLOCKS = frozenset({"section", "context", "actions", "divider"})


def platform_at(api: str, token: str = TOKEN, timeout: int = 5) -> SlackPlatform:
    """The platform whose Web API is at this address."""
    client = web_client(token, api, timeout)
    return SlackPlatform(client, client, Identity(client, time.monotonic), Groups(client, time.monotonic))


def transport(
    api: str, words: Callable[[Delivery], Reply] = plainly, token: str = TOKEN, timeout: int = 5
) -> PlatformTransport:
    """The worker's transport to a Slack at this address."""
    return PlatformTransport(platform_at(api, token, timeout), words)


@dataclass
class Kept:
    """A message in a channel. `edits` are the texts that it had later."""

    ts: str
    text: str
    blocks: list[Json]
    metadata: Json | None
    thread_ts: str | None
    edits: list[str] = field(default_factory=list)

    @property
    def key(self) -> str | None:
        return self.metadata["event_payload"]["key"] if self.metadata else None

    def shown(self, with_metadata: bool) -> Json:
        data: Json = {"type": "message", "ts": self.ts, "text": self.text, "blocks": self.blocks}
        data |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        return data | ({"metadata": self.metadata} if with_metadata and self.metadata else {})


@dataclass
class Room:
    """A channel with the bot in it, unless it is not."""

    member: bool = True
    archived: bool = False
    messages: list[Kept] = field(default_factory=list)

    def find(self, ts: str | None) -> Kept | None:
        return next((each for each in self.messages if each.ts == ts), None)

    @property
    def keys(self) -> list[str | None]:
        """Keys of what was posted, as it arrived."""
        return [each.key for each in self.messages]


class Slack:
    """Answers the Web API on a port of 127.0.0.1. Use it as a context; a channel is there once it is asked for."""

    def __init__(self, weather: Weather | None = None) -> None:
        self.tokens = {TOKEN}
        self.scopes = {scope for scope in SCOPES.values() if scope}
        self.weather = weather or Calm()
        self.blocks, self.no_text = {*BLOCKS}, False
        self.calls: list[Call] = []
        self.private: list[str] = []
        """Texts that one person alone was shown; what replaced one is in its place."""
        self.windows: list[Json] = []
        self.pages: dict[str, list[Json]] = {}
        """Views that somebody's page of the bot had."""
        self.cuts = 0
        """So many connections are closed before anything is read from them."""
        self._triggers: set[str] = set()
        self.groups: dict[str, list[str]] = {}
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Condition()
        self._count = 0
        self._open = 0
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def response_url(self) -> str:
        """Takes replies to a request that was made in the channel LAB."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/respond"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    def room(self, channel: str) -> Room:
        with self._lock:
            return self._rooms.setdefault(channel, Room())

    def of(self, method: str) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.method == method]

    def wait_for(self, method: str) -> None:
        """Until a method is called."""
        with self._lock:
            assert self._lock.wait_for(lambda: any(call.method == method for call in self.calls), 10)

    def say(self, channel: str, text: str) -> None:
        """Somebody else says something there."""
        with self._lock:
            self._rooms[channel].messages.append(Kept(self._ts(), text, [], None, None))

    def settle(self) -> None:
        """Wait until everything that was sent so far is in, or is not."""
        with socket() as last:  # accepted after all that came before it
            last.connect(("127.0.0.1", self._server.server_address[1]))
            last.sendall(b"POST /api/settle HTTP/1.0\r\n\r\n")
            last.recv(100)
        with self._lock:
            assert self._lock.wait_for(lambda: self._open == 0, 10)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def opened(self, by: int) -> None:
        with self._lock:
            self._open += by
            self._lock.notify_all()

    def answer(self, call: Call) -> Said:
        """What Slack says to a call, and does."""
        with self._lock:
            self.calls.append(call)
            self._lock.notify_all()
            return Said(self._refused(call) or self._methods[call.method](self, call.fields))

    def _refused(self, call: Call) -> Json | None:
        scope = SCOPES.get(call.method)
        if call.method == "respond":  # whoever has the address may
            return None
        if call.token not in self.tokens:
            return _error("invalid_auth")
        if scope and scope not in self.scopes:
            return _error("missing_scope")
        if call.method in ("auth.test", "usergroups.users.list", "views.open", "views.publish"):
            return None
        room = self._rooms.get(str(call.fields.get("channel")))
        if room is None:
            return _error("channel_not_found")
        if not room.member:
            return _error("not_in_channel")
        return _error("is_archived") if room.archived and call.method.startswith("chat.") else None

    def _post(self, fields: Json) -> Json:
        room, thread = self._rooms[fields["channel"]], fields.get("thread_ts")
        if thread and not room.find(thread):
            return _error("thread_not_found")
        if wrong := self._form(fields):
            return _error(wrong)
        metadata = fields.get("metadata")
        kept = Kept(self._ts(), fields["text"], fields.get("blocks") or [], metadata, thread)
        room.messages.append(kept)
        return {"ok": True, "channel": fields["channel"], "ts": kept.ts, "message": kept.shown(True)}

    def _update(self, fields: Json) -> Json:
        kept = self._rooms[fields["channel"]].find(fields["ts"])
        if kept is None:
            return _error("message_not_found")
        if wrong := self._form(fields):
            return _error(wrong)
        kept.text, kept.blocks = fields["text"], fields.get("blocks", kept.blocks)
        kept.edits.append(kept.text)
        return {"ok": True, "channel": fields["channel"], "ts": kept.ts, "text": kept.text}

    def _history(self, fields: Json) -> Json:
        posted = [each for each in self._rooms[fields["channel"]].messages if not each.thread_ts]
        return _page([*reversed(posted)], fields)

    def _replies(self, fields: Json) -> Json:
        room = self._rooms[fields["channel"]]
        if not room.find(fields.get("ts")):
            return _error("thread_not_found")
        return _page([each for each in room.messages if fields["ts"] in (each.ts, each.thread_ts)], fields)

    def _show_one(self, fields: Json) -> Json:
        self.private.append(fields["text"])
        return {"ok": True}

    def _respond(self, fields: Json) -> Json:
        if fields["response_type"] == "ephemeral":
            if fields.get("replace_original") and self.private:
                self.private.pop()
            return self._show_one(fields)
        return self._post({**fields, "channel": LAB})

    def _open_window(self, fields: Json) -> Json:
        if fields["trigger_id"] in self._triggers:
            return _error("exchanged_trigger_id")
        self._triggers.add(fields["trigger_id"])
        self.windows.append(fields["view"])
        return {"ok": True, "view": {"id": f"V{len(self.windows)}"}}

    def _publish(self, fields: Json) -> Json:
        self.pages.setdefault(fields["user_id"], []).append(fields["view"])
        return {"ok": True}

    def _members(self, fields: Json) -> Json:
        members = self.groups.get(fields["usergroup"])
        return _error("no_such_subteam") if members is None else {"ok": True, "users": members}

    def _form(self, fields: Json) -> str | None:
        if self.no_text or not (fields.get("text") or fields.get("blocks")):
            return "no_text"
        taken = all(block.get("type") in self.blocks for block in fields.get("blocks") or [])
        return None if taken else "invalid_blocks"

    def _ts(self) -> str:
        self._count += 1
        return f"{int(time.time())}.{self._count:06d}"

    _methods: dict[str, Callable[["Slack", Json], Json]] = {  # noqa: RUF012 # nobody changes it
        "auth.test": lambda _, __: {"ok": True, "team_id": "T0000001", "user_id": "U0000BOT", "bot_id": "B0000BOT"},
        "chat.postMessage": _post,
        "chat.update": _update,
        "conversations.history": _history,
        "conversations.replies": _replies,
        "chat.postEphemeral": _show_one,
        "usergroups.users.list": _members,
        "respond": _respond,
        "views.open": _open_window,
        "views.publish": _publish,
    }


def _error(code: str) -> Json:
    return {"ok": False, "error": code}


def _page(messages: list[Kept], fields: Json) -> Json:
    """A page of those in the window. Cursors and limits are Slack's; metadata is shown only to those who ask for it."""
    oldest, latest = float(fields.get("oldest") or 0), float(fields.get("latest") or "inf")
    inside = [each for each in messages if oldest <= float(each.ts) <= latest]
    limit, begin = min(int(fields.get("limit") or 100), 999), int(fields.get("cursor") or 0)
    end = begin + limit
    shown = [each.shown(fields.get("include_all_metadata") in ("1", True)) for each in inside[begin:end]]
    more = {"response_metadata": {"next_cursor": str(end)}} if end < len(inside) else {}
    return {"ok": True, "messages": shown, "has_more": bool(more), **more}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.slack.cuts:
            self.slack.cuts -= 1
            self.shutdown_request(request)
            return
        self.slack.opened(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slack.opened(-1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that died is no news here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        path = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length or path.path.endswith("/settle"):  # the caller died while it was speaking
            return
        body = raw.decode()
        fields = json.loads(body) if body.startswith("{") else dict(parse_qsl(body)) | dict(parse_qsl(path.query))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        slack = self.server.slack
        said = slack.weather.meet(Call(path.path.rpartition("/")[2], fields, token), slack.answer)
        if said is not None:
            self._say(said)

    def _say(self, said: Said) -> None:
        body = (said.body if isinstance(said.body, str) else json.dumps(said.body)).encode()
        with contextlib.suppress(ConnectionError):  # the caller is gone
            self.send_response_only(said.status)
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
