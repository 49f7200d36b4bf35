"""What Mattermost says by WebSocket: mentions, direct messages, invitations. It reconnects by itself, notices silence,
and takes up where it was; what a new connection may have missed is looked up.

Every connection of the bot gets every event: which process answers is settled by a claim in the database.
"""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlencode

import websocket
from structlog.typing import FilteringBoundLogger
from websocket import ABNF, WebSocket, WebSocketException

from bot.chat.platform import Actor, Origin
from bot.chat.session.conversation import Conversation
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import ID, PREFIX, Directory
from bot.mattermost.errors import MattermostError
from bot.mattermost.platform import TEAM
from bot.web.socket_receiver import SilentError, SocketReceiver

PING, SILENT_AFTER = 10.0, 25.0
"""Seconds between pings, and after which a connection that says nothing is given up: two pongs are missing then."""

HANDSHAKE = 5.0
PAUSE, PAUSE_MAX = 1.0, 15.0
"""Seconds between tries to connect, more from try to try."""

MISSED_MAX = 600.0
"""Seconds of which mentions are looked up after an outage: an answer later than that helps nobody."""


class EventStream(SocketReceiver[MattermostError]):
    """Receives for a conversation."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        client: MattermostClient,
        directory: Directory,
        conversation: Conversation,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(log, "Mattermost", clock)
        self._client = client
        self._directory = directory
        self._conversation = conversation
        self._connection, self._seq, self._last_post = "", 0, int(time.time() * 1000)

    def _run(self) -> None:
        pause = PAUSE
        while not self._stop.is_set():
            try:
                self._directory.me()
                socket = self._connect()
                pause = PAUSE
                try:
                    self._read(socket)
                finally:
                    socket.close(timeout=1)
            except MattermostError as error:
                self._failed(error)
            except SilentError:
                self._failed(MattermostError("Mattermost is silent"))
            except (WebSocketException, OSError, ValueError, LookupError, TypeError) as error:
                self._failed(MattermostError(f"Mattermost's events do not come: {type(error).__name__}"))
            self.connected = False
            self._stop.wait(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 1.7, PAUSE_MAX)

    def _connect(self) -> WebSocket:
        """A connection that takes up the last one, where the server still knows that."""
        resumed = {"connection_id": self._connection, "sequence_number": self._seq} if self._connection else {}
        url = f"{self._client.url.replace('http', 'ws', 1)}/api/v4/websocket?{urlencode(resumed)}"
        return websocket.create_connection(
            url.rstrip("?"),
            timeout=HANDSHAKE,
            header=[f"Authorization: Bearer {self._client.token}"],
            sslopt={"ca_certs": self._client.ca} if self._client.ca else {},
            suppress_origin=True,
        )

    def _read(self, socket: WebSocket) -> None:
        """Until the connection ends, or we do."""
        numbers = count(1)

        def ping() -> None:
            socket.send(json.dumps({"seq": next(numbers), "action": "ping"}))

        for kind, data in self._frames(socket, ping, PING, SILENT_AFTER):
            if kind == ABNF.OPCODE_TEXT:
                self._take(json.loads(data))
        if not self._stop.is_set():
            raise MattermostError("Mattermost ended the connection")

    def _take(self, message: Mapping[str, Any]) -> None:
        if message.get("status") == "FAIL":  # the only sign of a token that was revoked: the connection stays open
            error = message.get("error") or {}
            raise MattermostError("Mattermost refuses the bot's token", str(error.get("id") or ""), 401)
        if message.get("status") == "OK" or message.get("event") == "hello":
            self._established()
        event, data = message.get("event"), message.get("data") or {}
        if event == "hello" and data.get("connection_id") != self._connection:
            if self._connection:
                self._look_up(self._last_post)
            self._connection, self._seq = str(data.get("connection_id") or ""), 0
        try:
            if event == "posted":
                self._posted(data, json.loads(data["post"]))
            elif event == "user_added" and data.get("user_id") == self._directory.me().id:
                room = self._directory.room_by_id(str((message.get("broadcast") or {}).get("channel_id")))
                self._conversation.joined(Actor(self._directory.me().who, TEAM, room.name), lambda: True)
        except MattermostError as error:
            if error.status not in (403, 404):
                raise  # what was not answered for that comes again on the next connection
        except (LookupError, TypeError, ValueError) as error:
            self._log.warning("an event of Mattermost's was not understood", reason=type(error).__name__)
        if isinstance(message.get("seq"), int):
            self._seq = message["seq"] + 1

    def _posted(self, data: Mapping[str, Any], post: Mapping[str, Any]) -> None:
        """Somebody said something: answered if it names the bot, or is said to it alone. Bots are not: two of them
        would talk for ever."""
        me, props = self._directory.me(), post.get("props") or {}
        self._last_post = max(self._last_post, int(post.get("create_at") or 0))
        names_us = re.compile(rf"(?<![\w@.-])@{re.escape(me.name)}(?![\w-])", re.IGNORECASE)
        text, is_direct = str(post.get("message") or ""), data.get("channel_type") == "D"
        is_named = me.id in str(data.get("mentions") or "") or names_us.search(text)
        if post["user_id"] == me.id or post.get("type") or props.get("from_bot") or props.get("from_webhook"):
            return
        if not (is_direct or is_named) or not all(map(ID.fullmatch, (post["id"], post["channel_id"], post["user_id"]))):
            return
        member, room = self._directory.by_id(post["user_id"]), self._directory.room_by_id(post["channel_id"])
        thread = str(post.get("root_id") or post["id"])
        origin = Origin(Actor(member.who, TEAM, room.name, thread))
        words = " ".join(names_us.sub(" ", text).split())
        way = "direct message" if is_direct else "mention"
        self._conversation.mention(origin, room.name, thread, words, f"{PREFIX}{me.id}:{post['id']}", way)

    def _look_up(self, since: int) -> None:
        """What was said while nothing was heard, in all channels that the bot is in."""
        me = self._directory.me()
        earliest = int((time.time() + self._client.ahead - MISSED_MAX) * 1000)
        for channel in self._client.get(f"/users/{me.id}/channels"):
            found = self._client.get(f"/channels/{channel['id']}/posts", since=max(since, earliest))["posts"]
            for post in sorted(found.values(), key=lambda post: int(post["create_at"])):
                if int(post["create_at"]) >= since and not (post.get("delete_at") or post.get("original_id")):
                    self._posted({"channel_type": channel["type"]}, post)
