"""What a Mattermost tells its clients over WebSockets, and who listens there."""

import contextlib
import copy
import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from socket import socket

from tests.mattermost.state import EPHEMERAL, Channel, Json, Post, Refusal, State, User, new_id
from tests.slack.websockets import Line

RESUME_MS = 5 * 60_000
WIDEST = 8_192
"""Bytes that a client may say at once."""


@dataclass
class Connection:
    """A client as the server knows it: it outlives its line for some minutes, to be taken up again."""

    user_id: str
    token: str
    id: str = field(default_factory=new_id)
    seq: int = 0
    said: "deque[Json]" = field(default_factory=lambda: deque(maxlen=128))
    waiting: list[Json] = field(default_factory=list)
    line: "Wire | None" = None
    gone_at: int = 0


class Wire(Line):
    """One open WebSocket."""

    def __init__(self, connection: socket, events: "Events") -> None:
        super().__init__(connection)
        self._events = events
        self.connection: Connection | None = None

    def hear(self, text: bytes) -> None:
        if len(text) > WIDEST:
            self.hang_up()
            return
        super().hear(text)
        if not self.silent:
            self._events.heard_on(self, self.heard[-1])


class Events:
    """Changes that clients are told of. `changed` guards the state, and is notified of all that happens."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.changed = threading.Condition(threading.RLock())
        self.stopping = threading.Event()
        self.auth_wait = 5.0
        """Seconds that a WebSocket stays open whose token is no good."""
        self._connections: dict[str, Connection] = {}
        self._frozen = False

    def create(self, user: User, fields: Json) -> Post:
        post, is_new = self._state.create(user, copy.deepcopy(fields))
        if is_new:
            self.announce(post)
        return post

    def delete(self, id: str) -> None:
        for gone in self._state.delete(id):
            self.push_post("post_deleted", gone)

    def direct(self, *ids: str) -> Channel:
        """The conversation of two, which is there once it is asked for."""
        name = "__".join(sorted(ids))
        found = next((each for each in self._state.channels.values() if each.name == name), None)
        if found is None:
            found = Channel(name, "D", "", {*ids})
            self._state.channels[found.id] = found
            for id in ids:
                self.push("direct_added", {"creator_id": ids[0], "teammate_id": id}, {id}, channel=found.id)
        return found

    @property
    def lines(self) -> list[Wire]:
        """The WebSockets that are open and have been greeted."""
        with self.changed:
            return [each.line for each in self._connections.values() if each.line]

    def drop(self) -> None:
        with self.changed:
            for line in self.lines:
                self.gone(line)
                with contextlib.suppress(OSError):
                    line.hang_up()

    def freeze(self) -> None:
        with self.changed:
            self._frozen = True
            for line in self.lines:
                line.silent = True

    def thaw(self) -> None:
        with self.changed:
            self._frozen = False
            for connection in self._connections.values():
                if connection.line:
                    connection.line.silent = False
                    self._flush(connection)

    def ping(self) -> None:
        with self.changed:
            for line in self.lines:
                with contextlib.suppress(OSError):
                    line.ping()

    def forget(self) -> None:
        """As at a restart: nobody takes a connection up again."""
        self._connections.clear()

    def announce(self, post: Post) -> None:
        if post.type == EPHEMERAL:
            shown = {"post": json.dumps(post.json)}
            self.push("ephemeral_message", shown, {post.user_id}, channel=post.channel_id, user=post.user_id)
            return
        channel, author = self._state.channels[post.channel_id], self._state.users[post.user_id]
        data: Json = {"channel_display_name": channel.json["display_name"], "channel_name": channel.name}
        data |= {"channel_type": channel.type, "sender_name": f"@{author.name}", "team_id": channel.team_id}
        data |= {"post": json.dumps(post.json), "set_online": True}
        named = {each.id for each in self._state.named(post.message)} - {author.id}
        if re.search(r"(?<![\w@])@(all|channel|here)\b", post.message, re.IGNORECASE) or channel.type == "D":
            named = channel.members - {author.id}
        for member in channel.members:
            own = data | ({"mentions": json.dumps([member])} if member in named else {})
            self.push("posted", own, {member}, channel=channel.id)

    def push_post(self, event: str, post: Post) -> None:
        data = {"post": json.dumps(post.json)}
        self.push(event, data, self._state.channels[post.channel_id].members, channel=post.channel_id)

    def push(self, event: str, data: Json, users: set[str], channel: str = "", user: str = "", team: str = "") -> None:
        """An event for each connection of some users, numbered by connection."""
        broadcast = {"omit_users": None, "user_id": user, "channel_id": channel, "team_id": team, "connection_id": ""}
        for connection in self._connections.values():
            if connection.user_id in users and connection.token in self._state.tokens:
                self._give(connection, {"event": event, "data": data, "broadcast": broadcast})
        self.changed.notify_all()

    def _give(self, connection: Connection, message: Json) -> None:
        numbered = {**message, "seq": connection.seq}
        connection.seq += 1
        connection.said.append(numbered)
        connection.waiting.append(numbered)
        self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        while connection.line and not connection.line.silent and connection.waiting:
            try:
                connection.line.say(connection.waiting.pop(0))
            except OSError:
                self.gone(connection.line)

    def gone(self, line: Wire) -> None:
        if line.connection and line.connection.line is line:
            line.connection.line, line.connection.gone_at = None, self._state.now()
            self.changed.notify_all()

    def opened(self, line: Wire, token: str | None, query: dict[str, str]) -> None:
        """A WebSocket was opened, with a token that may be worth nothing."""
        with self.changed:
            if token in self._state.tokens:
                self._greet(line, str(token), query)
                return
        stopping = self.stopping

        def hang_up() -> None:
            stopping.wait(self.auth_wait)
            if line.connection is None:
                with contextlib.suppress(OSError):
                    line.hang_up()

        threading.Thread(target=hang_up, daemon=True).start()

    def closed(self, line: Wire) -> None:
        with self.changed:
            self.gone(line)

    def _greet(self, line: Wire, token: str, query: dict[str, str]) -> None:
        line.silent = self._frozen
        known = self._connections.get(query.get("connection_id", ""))
        missed = self._missed(known, int(query.get("sequence_number") or 0)) if known else None
        if known and missed is not None and known.token == token:
            if known.line:
                with contextlib.suppress(OSError):
                    known.line.hang_up()
            known.line, line.connection, known.waiting = line, known, missed
            self._flush(known)
        else:
            line.connection = connection = Connection(self._state.tokens[token], token, line=line)
            self._connections[connection.id] = connection
            data = {"connection_id": connection.id, "server_version": f"{self._state.config.version}.1.abc.false"}
            broadcast = {"omit_users": None, "user_id": connection.user_id, "channel_id": "", "team_id": ""}
            self._give(connection, {"event": "hello", "data": data, "broadcast": broadcast})
        self.changed.notify_all()

    def _missed(self, known: Connection, number: int) -> list[Json] | None:
        """What a client has not heard; None where that can't be said any more."""
        if known.line is None and self._state.now() - known.gone_at > RESUME_MS:
            return None
        missed = [each for each in known.said if each["seq"] >= number]
        oldest = known.said[0]["seq"] if known.said else 0
        return missed if oldest <= number <= known.seq else None

    def heard_on(self, line: Wire, message: Json) -> None:
        """What a client says over its WebSocket."""
        with self.changed:
            number, action = message.get("seq"), message.get("action")
            if action == "authentication_challenge" and line.connection is None:
                token = str((message.get("data") or {}).get("token"))
                if token in self._state.tokens:
                    line.say({"status": "OK", "seq_reply": number})
                    self._greet(line, token, {})
                return
            if line.connection is None or line.connection.token not in self._state.tokens:
                self._fail_on(line, number, "api.web_socket_router.not_authenticated.app_error", 401)
            elif not number:
                self._fail_on(line, number, "api.web_socket_router.bad_seq.app_error", 400)
            elif action == "ping":
                line.say(
                    {
                        "status": "OK",
                        "data": {"text": "pong", "version": self._state.config.version},
                        "seq_reply": number,
                    }
                )
            elif action in ("user_typing", "get_statuses"):
                line.say({"status": "OK", "data": {}, "seq_reply": number})
            else:
                self._fail_on(line, number, "api.web_socket_router.bad_action.app_error", 400)

    def _fail_on(self, line: Wire, number: object, id: str, status: int) -> None:
        error = Refusal(id, status).body
        line.say({"status": "FAIL", "error": error, "seq_reply": number or 0})
