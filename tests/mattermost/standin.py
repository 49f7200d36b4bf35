"""A Mattermost server to test against: API v4 over HTTP, events over WebSocket, and the people who use it.

It keeps real state (tests.mattermost.state) and refuses what the real one refuses. Its other half are people: they
type commands, press buttons, fill dialogs in and say things, and the stand-in calls the bot as the server would.

    with Mattermost() as mattermost:
        ann = mattermost.user("ann")
        lab = mattermost.channel("lab", members=[ann, mattermost.bot])
        mattermost.command("xocompat", "http://127.0.0.1:1234/mattermost/command")
        typed = mattermost.type_command(ann, lab, "/xocompat XCP-ng 8.2")
        mattermost.press(typed.reply, "Share to channel", ann)
"""

import base64
import contextlib
import copy
import json
import re
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.mattermost import state
from tests.mattermost.faults import Fault, Said
from tests.mattermost.state import (
    EPHEMERAL,
    Channel,
    Command,
    File,
    Hook,
    Json,
    Post,
    Refusal,
    State,
    Team,
    User,
    invalid_body,
    new_id,
    no_permission,
)
from tests.slack.websockets import Line

T = TypeVar("T")
AGENT = "Mattermost-Bot/1.1"
RESUME_MS = 5 * 60_000
WIDEST = 8_192
"""Bytes that a client may say at once over a WebSocket."""
MOST_READ = 1 << 20
"""Bytes of an integration's answer that are read."""


class Request(NamedTuple):
    """A request that arrived: `route` as in "PUT /posts/{post_id}/patch", the body parsed where it is JSON."""

    route: str
    path: str
    args: dict[str, str]
    query: dict[str, str]
    body: Any
    raw: bytes
    content_type: str
    user: User | None
    at: int


@dataclass(frozen=True)
class Typed:
    """What came of a command: the answer of the bot as it was, and what was made of it."""

    status: int | None
    answer: Any
    reply: Post | None
    error: Refusal | None
    response_url: str
    trigger_id: str


@dataclass(frozen=True)
class Pressed:
    """What came of a press. `error` is what the person sees beneath the buttons, `told` what they alone were told."""

    status: int | None
    answer: Any
    told: Post | None
    error: str | None
    trigger_id: str


@dataclass(frozen=True)
class Submitted:
    """What came of a dialog. It stays open with `errors` of its fields or an `error` of the whole."""

    status: int | None
    errors: dict[str, str]
    error: str | None
    form: Json | None

    @property
    def closed(self) -> bool:
        return not (self.errors or self.error or self.form)


@dataclass
class Dialog:
    """A dialog that is open in somebody's client, with all that the client knows."""

    user_id: str
    channel_id: str
    url: str
    dialog: Json

    @property
    def state(self) -> str:
        return str(self.dialog.get("state") or "")

    @property
    def names(self) -> list[str]:
        return [str(element["name"]) for element in self.dialog.get("elements") or []]


@dataclass
class Connection:
    """A client's WebSocket as the server knows it: it outlives its line for some minutes, to be taken up again."""

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

    def __init__(self, connection: socket, mattermost: "Mattermost") -> None:
        super().__init__(connection)
        self._mattermost = mattermost
        self.connection: Connection | None = None

    def hear(self, text: bytes) -> None:
        if len(text) > WIDEST:
            self.hang_up()
            return
        super().hear(text)
        if not self.silent:
            self._mattermost.heard_on(self, self.heard[-1])


class Mattermost:
    """A server on a port of 127.0.0.1, with a team, a bot in it, and a token of the bot's. Use it as a context."""

    def __init__(self) -> None:
        self.state = State()
        self.config = self.state.config
        self.requests: list[Request] = []
        self.auth_wait = 5.0
        """Seconds that a WebSocket stays open whose token is no good."""
        self._changed = threading.Condition(threading.RLock())
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._connections: dict[str, Connection] = {}
        self._dialogs: list[Dialog] = []
        self._triggers: dict[str, str] = {}
        self._frozen = False
        self._stopping = threading.Event()
        self.lab = Team("lab")
        self.state.teams[self.lab.id] = self.lab
        self.bot = self.user("xocompat", is_bot=True)
        self.token = self.new_token(self.bot)
        self._server: _Server | None = _Server(self, 0)
        self.port = int(self._server.server_address[1])
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    # The server as a process.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Connections end, and nobody listens any more."""
        if self._server is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._serving.join()
        self._server.cut_all()
        self._server.server_close()
        self._server = None

    def start(self) -> None:
        """Listen again, on the same port. Forgotten are keys of posts and WebSockets, as they were in memory."""
        with self._changed:
            self._stopping.clear()
            self.state.forget_pending()
            self._connections.clear()
            self._server = _Server(self, self.port)
            self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,))
            self._serving.start()

    def restart(self) -> None:
        self.stop()
        self.start()

    def pass_time(self, seconds: float) -> None:
        """The server's clock, which is ours and no timer's, moves on."""
        with self._changed:
            self.state.pass_time(seconds)

    def fail(self, route: str, *faults: Fault, times: int = 1) -> None:
        """The next requests of a route, such as "POST /posts", meet these faults in turn, so many times."""
        with self._changed:
            self._faults[route].extend(faults * times)

    def heal(self) -> None:
        """No faults any more."""
        with self._changed:
            self._faults.clear()

    def wait(self, found: Callable[[], T | None], what: str, seconds: float = 10) -> T:
        """What `found` finds, as soon as it is neither None nor false; looked for whenever something changes."""
        result: T | None = None

        def looked() -> bool:
            nonlocal result
            result = found()
            return bool(result)

        with self._changed:
            assert self._changed.wait_for(looked, seconds), f"{what}: not within {seconds} seconds"
        assert result is not None
        return result

    def requested(self, route: str) -> list[Request]:
        """What arrived of a route, such as "POST /posts"."""
        with self._changed:
            return [each for each in self.requests if each.route == route]

    # What an administrator does.

    def user(
        self,
        name: str,
        is_bot: bool = False,
        guest: bool = False,
        remote_id: str | None = None,
        roles: str = "",
        team: Team | None = None,
    ) -> User:
        """Somebody new, in the team `lab` unless another one is named. A remote one is known by a shared channel."""
        with self._changed:
            made = User(name, roles or ("system_guest" if guest else "system_user"), is_bot, remote_id)
            self.state.users[made.id] = made
            (team or self.lab).members.add(made.id)
            return made

    def team(self, name: str, members: Iterable[User] = ()) -> Team:
        with self._changed:
            made = Team(name, {each.id for each in members})
            self.state.teams[made.id] = made
            return made

    def channel(self, name: str, type: str = "O", members: Iterable[User] = (), team: Team | None = None) -> Channel:
        with self._changed:
            made = Channel(name, type, (team or self.lab).id, {each.id for each in members})
            self.state.channels[made.id] = made
            return made

    def direct(self, one: User, other: User | None = None) -> Channel:
        """The conversation of somebody with another one, or with the bot."""
        with self._changed:
            return self._direct(one.id, (other or self.bot).id)

    def _direct(self, *ids: str) -> Channel:
        name = "__".join(sorted(ids))
        found = next((each for each in self.state.channels.values() if each.name == name), None)
        if found is None:
            found = Channel(name, "D", "", {*ids})
            self.state.channels[found.id] = found
            for id in ids:
                self._push("direct_added", {"creator_id": ids[0], "teammate_id": id}, {id}, channel=found.id)
        return found

    def new_token(self, user: User) -> str:
        with self._changed:
            token = new_id()
            self.state.tokens[token] = user.id
            return token

    def revoke(self, token: str) -> None:
        """The token is worth nothing any more; open WebSockets stay open, and silent."""
        with self._changed:
            self.state.tokens.pop(token, None)

    def join(self, user: User, channel: Channel) -> None:
        with self._changed:
            channel.members.add(user.id)
            data = {"team_id": channel.team_id, "user_id": user.id}
            self._push("user_added", data, channel.members, channel=channel.id)

    def leave(self, user: User, channel: Channel) -> None:
        with self._changed:
            channel.members.discard(user.id)
            own = {"channel_id": channel.id, "remover_id": user.id}
            self._push("user_removed", own, {user.id}, user=user.id)
            self._push("user_removed", {"user_id": user.id, "remover_id": user.id}, channel.members, channel=channel.id)

    def archive(self, channel: Channel, archived: bool = True) -> None:
        with self._changed:
            channel.delete_at = self.state.now() if archived else 0
            data = {"channel_id": channel.id, "delete_at": channel.delete_at}
            event = "channel_deleted" if archived else "channel_restored"
            self._push(event, data, self.state.teams[channel.team_id].members, team=channel.team_id)

    def command(self, trigger: str, url: str, team: Team | None = None) -> Command:
        """A slash command of a team, with a token of its own."""
        with self._changed:
            made = Command(trigger, url, (team or self.lab).id)
            self.state.commands[made.id] = made
            return made

    # What people see.

    def posts(self, channel: Channel, thread: Post | None = None) -> list[Post]:
        """What is in a channel, or in a thread of it below its first post, oldest first."""
        with self._changed:
            there = self.state.in_channel(channel.id)
            return [copy.deepcopy(each) for each in there if thread is None or each.root_id == thread.id]

    def post(self, id: str) -> Post | None:
        """A post as it is now; None if it is not there any more."""
        with self._changed:
            found = self.state.posts.get(id)
            return copy.deepcopy(found) if found and not found.delete_at else None

    def ephemerals(self, user: User, channel: Channel | None = None) -> list[Post]:
        """What somebody alone was shown, oldest first."""
        with self._changed:
            own = [post for seer, post in self.state.ephemerals.values() if seer == user.id]
            return [copy.deepcopy(each) for each in own if channel is None or each.channel_id == channel.id]

    def sees(self, user: User, channel: Channel) -> list[Post]:
        """All that somebody sees in a channel."""
        posts = self.posts(channel) if user.id in channel.members else []
        return sorted([*posts, *self.ephemerals(user, channel)], key=lambda each: each.create_at)

    def wait_post(self, user: User, channel: Channel, text: str, seconds: float = 10) -> Post:
        """The first post of the bot, or for the person alone, that has a text in it."""

        def found() -> Post | None:
            there = self.sees(user, channel)
            ours = (each for each in there if each.user_id == self.bot.id or "from_webhook" in each.props or each.type)
            return next((each for each in ours if text in each.text), None)

        return self.wait(found, f"a post with {text!r}", seconds)

    def wait_edit(self, post: Post, text: str, seconds: float = 10) -> Post:
        """A post, once it has a text in it."""

        def found() -> Post | None:
            now = self.post(post.id)
            return now if now and text in now.text else None

        return self.wait(found, f"{text!r} in the post", seconds)

    def wait_dialog(self, user: User, seconds: float = 10) -> Dialog:
        """The dialog that is open in somebody's client."""
        return self.wait(lambda: self.dialog(user), "a dialog", seconds)

    def dialog(self, user: User) -> Dialog | None:
        with self._changed:
            return next((each for each in reversed(self._dialogs) if each.user_id == user.id), None)

    # What people do.

    def say(
        self, user: User, channel: Channel, text: str, thread: Post | None = None, props: Json | None = None
    ) -> Post:
        fields = {"channel_id": channel.id, "message": text, "root_id": _root(thread), "props": props or {}}
        with self._changed:
            return copy.deepcopy(self._create(user, fields))

    def delete(self, post: Post) -> None:
        """Somebody who may deletes a post, and with it what is below."""
        with self._changed:
            for gone in self.state.delete(post.id):
                self._push_post("post_deleted", gone)

    def type_command(
        self, user: User, channel: Channel, text: str, thread: Post | None = None, team: Team | None = None
    ) -> Typed:
        """Somebody types a slash command, and waits for what comes of it. `team`: the one that a DM is seen from."""
        with self._changed:
            try:
                command = self._command(user, channel, text, team)
            except Refusal as refusal:
                return Typed(None, None, None, refusal, "", "")
            hook = Hook(command, user.id, channel.id, _root(thread), self.state.now())
            self.state.hooks[hook.id] = hook
            trigger_id = self._trigger(user, channel)
            response_url = f"{self.url}/hooks/commands/{hook.id}"
            form = self._form(hook, user, channel, text, trigger_id, response_url)
        headers = {"Accept": "application/json", "Authorization": f"Token {command.token}"}
        status, answer, kind = self._call(command.url, headers, data=form)
        with self._changed:
            reply, error = None, None
            try:
                answer = self._command_answer(status, answer, kind)
                if reply := self.state.answer_command(hook, answer):
                    self._announce(reply)
            except Refusal as refusal:
                error = refusal
            return Typed(status, answer, copy.deepcopy(reply), error, response_url, trigger_id)

    def press(
        self, post: Post, action: str, user: User, selected: str | None = None, context: Json | None = None
    ) -> Pressed:
        """Somebody presses a button, by its label or id, or chooses an option of a menu, by its text or value.

        `context` is sent instead of what the bot put there: as one could who writes into the database.
        """
        try:
            with self._changed:
                url, body = self._action(post, action, user, selected)
        except Refusal as refusal:
            return Pressed(None, None, None, refusal.id, "")
        body |= {"context": context} if context is not None else {}
        status, answer, _ = self._call(url, {"Accept": "application/json"}, json=body)
        with self._changed:
            try:
                told, error = self._action_answer(post, user, status, answer)
            except Refusal as refusal:
                told, error = None, refusal.id
            return Pressed(status, answer, copy.deepcopy(told), error, str(body["trigger_id"]))

    def submit_dialog(
        self,
        user: User,
        submission: Json | None = None,
        cancelled: bool = False,
        state: str | None = None,
        dialog: Dialog | None = None,
    ) -> Submitted:
        """Somebody sends the dialog off that is open in their client, or cancels it.

        `state` and `dialog`: as anybody can who is logged in, with what they made up or what was another's.
        """
        shown = dialog or self.dialog(user)
        assert shown, "no dialog is open"
        forged = state is not None or dialog is not None
        if not (cancelled or forged):
            self._check_fields(shown, submission or {})
        if cancelled and not shown.dialog.get("notify_on_cancel"):
            self._close(shown)
            return Submitted(None, {}, None, None)
        body: Json = {"type": "dialog_submission", "callback_id": str(shown.dialog.get("callback_id") or "")}
        body |= {"state": shown.state if state is None else state, "user_id": user.id, "channel_id": shown.channel_id}
        body |= {"team_id": self.lab.id, "submission": submission or {}, "cancelled": cancelled}
        status, answer, _ = self._call(shown.url, {"Accept": "application/json"}, json=body)
        answer = answer if isinstance(answer, dict) else {}
        error = str(answer.get("error") or "") or (None if status == 200 else f"status {status}")
        form = answer.get("form") if answer.get("type") == "form" else None
        done = Submitted(status, answer.get("errors") or {}, error, form)
        if done.closed or cancelled:
            self._close(shown)
        return done

    # WebSockets, seen from outside.

    @property
    def lines(self) -> list[Wire]:
        """The WebSockets that are open and have been greeted."""
        with self._changed:
            return [each.line for each in self._connections.values() if each.line]

    def wait_connected(self, count: int = 1, seconds: float = 10) -> list[Wire]:
        return self.wait(lambda: self.lines if len(self.lines) >= count else None, f"{count} WebSockets", seconds)

    def drop(self) -> None:
        """All WebSockets break, as a network's do."""
        with self._changed:
            for line in self.lines:
                self._gone(line)
                with contextlib.suppress(OSError):
                    line.hang_up()

    def freeze(self) -> None:
        """WebSockets fall silent, new ones too, and stay open."""
        with self._changed:
            self._frozen = True
            for line in self.lines:
                line.silent = True

    def thaw(self) -> None:
        """What was held back since arrives."""
        with self._changed:
            self._frozen = False
            for connection in self._connections.values():
                if connection.line:
                    connection.line.silent = False
                    self._flush(connection)

    def ping(self) -> None:
        """What the server does each minute."""
        with self._changed:
            for line in self.lines:
                with contextlib.suppress(OSError):
                    line.ping()

    # Commands, presses and dialogs within.

    def _command(self, user: User, channel: Channel, text: str, team: Team | None) -> Command:
        if not self.state.may_post(user, channel):
            raise no_permission()
        if channel.delete_at:
            raise Refusal("api.command.execute_command.deleted.error", 400)
        if not self.config.enable_commands:
            raise Refusal("api.command.disabled.app_error", 501)
        trigger = re.split(r"\s", text.removeprefix("/"), maxsplit=1)[0].lower()
        team_id = channel.team_id or (team or self.lab).id
        for command in self.state.commands.values():
            if (command.team_id, command.trigger) == (team_id, trigger):
                return command
        raise Refusal("api.command.execute_command.not_found.app_error", 404)

    def _form(
        self, hook: Hook, user: User, channel: Channel, text: str, trigger_id: str, response_url: str
    ) -> list[tuple[str, str]]:
        team, (name, _, words) = self.state.teams[hook.command.team_id], text.partition(" ")
        fields = {
            "token": hook.command.token,
            "team_id": team.id,
            "team_domain": team.name,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": words,
            "trigger_id": trigger_id,
            "response_url": response_url,
            "root_id": hook.root_id,
        }
        for each in self._named(text):
            fields |= {"user_mentions": each.name, "user_mentions_ids": each.id}
        return sorted(fields.items())

    def _named(self, text: str) -> list[User]:
        names = {name.lower().rstrip(".-_") for name in re.findall(r"(?<![\w@])@([\w.\-]+)", text)}
        return [each for each in self.state.users.values() if each.name.lower() in names]

    def _trigger(self, user: User, channel: Channel) -> str:
        parts = [new_id(), user.id, str(self.state.now())]
        trigger = base64.b64encode(":".join([*parts, new_id()]).encode()).decode()
        self._triggers[trigger] = channel.id
        return trigger

    def _call(self, url: str, headers: dict[str, str], **body: Any) -> tuple[int | None, Any, str]:
        """The status, the answer, parsed if it can be, and its type. No status where there is no answer in time."""
        seconds = self.config.outgoing_integration_requests_timeout
        begun = time.monotonic()
        try:
            with requests.post(
                url, headers={"User-Agent": AGENT, **headers}, timeout=seconds, stream=True, **body
            ) as response:
                raw = response.raw.read(MOST_READ, decode_content=True)
                if time.monotonic() - begun > seconds:
                    return None, "", ""
        except requests.RequestException as error:
            return None, f"{type(error).__name__}", ""
        text = raw.decode(errors="replace")
        try:
            return response.status_code, json.loads(text), response.headers.get("Content-Type", "")
        except ValueError:
            return response.status_code, text, response.headers.get("Content-Type", "")

    def _command_answer(self, status: int | None, answer: Any, kind: str) -> Json:
        if status is None:
            raise Refusal("api.command.execute_command.failed.app_error", 500)
        if status != 200:
            raise Refusal("api.command.execute_command.failed_resp.app_error", 500)
        if answer == "":
            raise Refusal("api.command.execute_command.failed_empty.app_error", 500)
        if kind.split(";")[0].strip() != "application/json":
            return {"text": answer if isinstance(answer, str) else json.dumps(answer)}
        if not isinstance(answer, dict):
            raise Refusal("api.command.execute_command.failed.app_error", 500)
        return answer

    def _action(self, post: Post, action: str, user: User, selected: str | None) -> tuple[str, Json]:
        """Where a press goes, and what it says."""
        seen = next((each for each in post.actions if action in (each.get("id"), each.get("name"))), None)
        id = str(seen["id"]) if seen else action
        seer, kept = self.state.ephemerals.get(post.id, (user.id, None))
        if kept is None or seer != user.id:
            kept = self.state.readable(post.id, user)
        channel = self.state.channels[kept.channel_id]
        if not self.state.may_read(user, channel):
            raise no_permission()
        allowed = r"[A-Za-z0-9]+" if self._version() < (11, 10) else r"[A-Za-z0-9_-]+"
        if not re.fullmatch(allowed, id):
            raise Refusal("api.context.404.app_error", 404)
        stored = next((each for each in kept.actions if each.get("id") == id and each.get("integration")), None)
        if stored is None:
            raise Refusal("api.post.do_action.action_id.app_error", 404)
        kind = str(stored.get("type") or "button")
        context = copy.deepcopy(stored["integration"].get("context") or {})
        if kind == "select" and selected is not None:
            options = {str(each["text"]): str(each["value"]) for each in stored.get("options") or []}
            assert selected in {*options, *options.values()}, f"{selected!r} is not among {options}"
            context["selected_option"] = options.get(selected, selected)
        body: Json = {
            "user_id": user.id,
            "user_name": user.name,
            "channel_id": channel.id,
            "channel_name": channel.name,
        }
        body |= {"team_id": channel.team_id, "post_id": post.id, "trigger_id": self._trigger(user, channel)}
        team = self.state.teams.get(channel.team_id)
        body |= {"team_domain": team.name if team else "", "type": kind, "data_source": "", "context": context}
        return str(stored["integration"]["url"]), body

    def _version(self) -> tuple[int, int]:
        major, minor = self.config.version.split(".")[:2]
        return int(major), int(minor)

    def _action_answer(self, post: Post, user: User, status: int | None, answer: Any) -> tuple[Post | None, str | None]:
        if status != 200 or not (isinstance(answer, dict) or answer == ""):
            raise Refusal("api.post.do_action.action_integration.app_error", 400)
        answer = answer or {}
        if update := answer.get("update"):
            stored = self.state.existing(post.id)  # no ephemeral post is found there
            self._push_post("post_edited", self.state.update(stored, update))
        told = None
        if text := str(answer.get("ephemeral_text") or ""):
            text = text if answer.get("skip_slack_parsing") else state.slack_text(text)
            told = self.state.show_one(user.id, post.channel_id, {"message": text}, post.root_id or post.id)
            self._announce(told)
        return told, (answer.get("error") or {}).get("message")

    def _check_fields(self, dialog: Dialog, submission: Json) -> None:
        """What a client makes sure of before it sends anything."""
        assert submission.keys() <= {*dialog.names}, f"{[*submission]} are not all among {dialog.names}"
        for element in dialog.dialog.get("elements") or []:
            value = submission.get(element["name"])
            assert value or element.get("optional") or element["type"] == "bool", f"{element['name']} is required"
            if element["type"] in ("select", "radio") and value and not element.get("data_source"):
                assert value in [option["value"] for option in element["options"]], f"{value!r} is no option"
            if element["type"] in ("text", "textarea") and value:
                assert len(value) <= element.get("max_length", 150 if element["type"] == "text" else 3000)

    def _close(self, dialog: Dialog) -> None:
        with self._changed:
            self._dialogs = [each for each in self._dialogs if each is not dialog]

    # Posts and events within.

    def _create(self, user: User, fields: Json) -> Post:
        post, is_new = self.state.create(user, copy.deepcopy(fields))
        if is_new:
            self._announce(post)
        return post

    def _announce(self, post: Post) -> None:
        if post.type == EPHEMERAL:
            shown = {"post": json.dumps(post.json)}
            self._push("ephemeral_message", shown, {post.user_id}, channel=post.channel_id, user=post.user_id)
            return
        channel, author = self.state.channels[post.channel_id], self.state.users[post.user_id]
        data: Json = {"channel_display_name": channel.json["display_name"], "channel_name": channel.name}
        data |= {"channel_type": channel.type, "sender_name": f"@{author.name}", "team_id": channel.team_id}
        data |= {"post": json.dumps(post.json), "set_online": True}
        named = {each.id for each in self._named(post.message)} - {author.id}
        if re.search(r"(?<![\w@])@(all|channel|here)\b", post.message, re.IGNORECASE) or channel.type == "D":
            named = channel.members - {author.id}
        for member in channel.members:
            own = data | ({"mentions": json.dumps([member])} if member in named else {})
            self._push("posted", own, {member}, channel=channel.id)

    def _push_post(self, event: str, post: Post) -> None:
        data = {"post": json.dumps(post.json)}
        self._push(event, data, self.state.channels[post.channel_id].members, channel=post.channel_id)

    def _push(self, event: str, data: Json, users: set[str], channel: str = "", user: str = "", team: str = "") -> None:
        """An event for each connection of some users, numbered by connection."""
        broadcast = {"omit_users": None, "user_id": user, "channel_id": channel, "team_id": team, "connection_id": ""}
        for connection in self._connections.values():
            if connection.user_id in users and connection.token in self.state.tokens:
                self._give(connection, {"event": event, "data": data, "broadcast": broadcast})
        self._changed.notify_all()

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
                self._gone(connection.line)

    def _gone(self, line: Wire) -> None:
        if line.connection and line.connection.line is line:
            line.connection.line, line.connection.gone_at = None, self.state.now()
            self._changed.notify_all()

    def opened(self, line: Wire, token: str | None, query: dict[str, str]) -> None:
        """A WebSocket was opened, with a token that may be worth nothing."""
        with self._changed:
            if token in self.state.tokens:
                self._greet(line, str(token), query)
                return
        stopping = self._stopping

        def hang_up() -> None:
            stopping.wait(self.auth_wait)
            if line.connection is None:
                with contextlib.suppress(OSError):
                    line.hang_up()

        threading.Thread(target=hang_up, daemon=True).start()

    def closed(self, line: Wire) -> None:
        with self._changed:
            self._gone(line)

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
            line.connection = connection = Connection(self.state.tokens[token], token, line=line)
            self._connections[connection.id] = connection
            data = {"connection_id": connection.id, "server_version": f"{self.config.version}.1.abc.false"}
            broadcast = {"omit_users": None, "user_id": connection.user_id, "channel_id": "", "team_id": ""}
            self._give(connection, {"event": "hello", "data": data, "broadcast": broadcast})
        self._changed.notify_all()

    def _missed(self, known: Connection, number: int) -> list[Json] | None:
        """What a client has not heard; None where that can't be said any more."""
        if known.line is None and self.state.now() - known.gone_at > RESUME_MS:
            return None
        missed = [each for each in known.said if each["seq"] >= number]
        oldest = known.said[0]["seq"] if known.said else 0
        return missed if oldest <= number <= known.seq else None

    def heard_on(self, line: Wire, message: Json) -> None:
        """What a client says over its WebSocket."""
        with self._changed:
            number, action = message.get("seq"), message.get("action")
            if action == "authentication_challenge" and line.connection is None:
                token = str((message.get("data") or {}).get("token"))
                if token in self.state.tokens:
                    line.say({"status": "OK", "seq_reply": number})
                    self._greet(line, token, {})
                return
            if line.connection is None or line.connection.token not in self.state.tokens:
                self._fail_on(line, number, "api.web_socket_router.not_authenticated.app_error", 401)
            elif not number:
                self._fail_on(line, number, "api.web_socket_router.bad_seq.app_error", 400)
            elif action == "ping":
                line.say(
                    {"status": "OK", "data": {"text": "pong", "version": self.config.version}, "seq_reply": number}
                )
            elif action in ("user_typing", "get_statuses"):
                line.say({"status": "OK", "data": {}, "seq_reply": number})
            else:
                self._fail_on(line, number, "api.web_socket_router.bad_action.app_error", 400)

    def _fail_on(self, line: Wire, number: object, id: str, status: int) -> None:
        error = Refusal(id, status).body
        line.say({"status": "FAIL", "error": error, "seq_reply": number or 0})

    # Requests.

    def answer(self, request: Request) -> Said:
        """What the server says to a request, and does."""
        with self._changed:
            try:
                if request.route.startswith("POST /hooks/commands/"):
                    return self._hooked(request)
                if request.route not in _ROUTES:
                    raise Refusal("api.context.404.app_error", 404, "Sorry, we could not find the page.")
                if request.route not in _OPEN and request.user is None:
                    raise Refusal(
                        "api.context.session_expired.app_error", 401, "Invalid or expired session, please login again."
                    )
                for name, value in request.args.items():
                    if name.endswith("_id") and value != "me" and not re.fullmatch(r"[a-z0-9]{26}", value):
                        raise Refusal("api.context.invalid_url_param.app_error", 400, f"Invalid or missing {name}.")
                said = _ROUTES[request.route](self, request)
                return said if isinstance(said, Said) else Said(200, said)
            except Refusal as refusal:
                return Said(refusal.status, refusal.body)

    def fault_for(self, request: Request) -> Fault | None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            waiting = self._faults.get(request.route)
            return waiting.popleft() if waiting else None

    def hold(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def who(self, token: str) -> User | None:
        with self._changed:
            return self.state.users.get(self.state.tokens.get(token, ""))

    def _hooked(self, request: Request) -> Said:
        hook = self.state.use_hook(request.args["hook_id"])
        answer = request.body if isinstance(request.body, dict) else {"text": request.raw.decode(errors="replace")}
        if made := self.state.answer_command(hook, answer):
            self._announce(made)
        return Said(200, b"ok", {"Content-Type": "text/plain"})

    def _me(self, request: Request, name: str = "user_id") -> User:
        assert request.user
        return request.user if request.args[name] == "me" else self.state.user(request.args[name])

    def _readable_channel(self, request: Request) -> Channel:
        channel = self.state.channel(request.args["channel_id"])
        assert request.user
        if not self.state.may_read(request.user, channel):
            raise no_permission()
        return channel

    def _get_user(self, request: Request) -> Any:
        return self._me(request).json

    def _user_named(self, request: Request) -> Any:
        name = request.args["username"].lower()
        found = next((each for each in self.state.users.values() if each.name.lower() == name), None)
        if found is None:
            raise Refusal("app.user.missing_account.const", 404)
        return found.json

    def _users_by_ids(self, request: Request) -> Any:
        if not isinstance(request.body, list) or not request.body:
            raise invalid_body("user_ids")
        return [self.state.users[id].json for id in request.body if id in self.state.users]

    def _users_by_names(self, request: Request) -> Any:
        if not isinstance(request.body, list) or not request.body:
            raise invalid_body("usernames")
        return [each.json for each in self.state.users.values() if each.name in request.body]

    def _teams_of(self, request: Request) -> Any:
        user = self._me(request)
        return [each.json for each in self.state.teams.values() if user.id in each.members]

    def _channels_of(self, request: Request) -> Any:
        user, team = self._me(request), request.args.get("team_id")
        there = (each for each in self.state.channels.values() if user.id in each.members)
        return [each.json for each in there if team is None or each.team_id in (team, "")]

    def _groups_of(self, request: Request) -> Any:
        self._need_groups()
        return [_group(name) for name in sorted(self._me(request).groups)]

    def _groups(self, request: Request) -> Any:
        self._need_groups()
        asked = request.query.get("q", "").lower()
        names = {name for each in self.state.users.values() for name in each.groups}
        return [_group(name) for name in sorted(names) if asked in name.lower()]

    def _group_members(self, request: Request) -> Any:
        self._need_groups()
        inside = [u for u in self.state.users.values() if request.args["group_id"] in map(_group_id, u.groups)]
        return {"members": [each.json for each in inside], "total_member_count": len(inside)}

    def _need_groups(self) -> None:
        if not self.config.groups_licensed:
            raise Refusal("api.license_error", 501, "Feature requires a license.")

    def _get_team(self, request: Request) -> Any:
        team = self.state.teams.get(request.args["team_id"])
        if team is None:
            raise Refusal("app.team.get.find.app_error", 404)
        return team.json

    def _find_team(self, name: str) -> Team:
        found = next((each for each in self.state.teams.values() if each.name == name), None)
        if found is None:
            raise Refusal("app.team.get_by_name.missing.app_error", 404)
        return found

    def _team_named(self, request: Request) -> Any:
        return self._find_team(request.args["team_name"]).json

    def _team_member(self, request: Request) -> Any:
        user, team = self._me(request), self.state.teams.get(request.args["team_id"])
        if team is None or user.id not in team.members:
            raise Refusal("app.team.get_member.missing.app_error", 404)
        role = "team_guest" if user.is_guest else "team_user"
        admin = "team_admin" in user.roles.split()
        roles = f"{role} team_admin" if admin else role
        return {"team_id": team.id, "user_id": user.id, "roles": roles, "delete_at": 0, "scheme_admin": admin}

    def _channel_named(self, request: Request) -> Any:
        name = request.args.get("team_name")
        team_id = request.args["team_id"] if name is None else self._find_team(name).id
        wanted = request.args["channel_name"]
        for each in self.state.channels.values():
            if (each.team_id, each.name) == (team_id, wanted) and not each.delete_at:
                assert request.user
                if not self.state.may_read(request.user, each):
                    break
                return each.json
        raise Refusal("app.channel.get_by_name.missing.app_error", 404)

    def _get_channel(self, request: Request) -> Any:
        return self._readable_channel(request).json

    def _channel_member(self, request: Request) -> Any:
        channel, user = self._readable_channel(request), self._me(request)
        if user.id not in channel.members:
            raise Refusal("app.channel.get_member.missing.app_error", 404)
        return {"channel_id": channel.id, "user_id": user.id, "roles": "channel_user", "notify_props": {}}

    def _channel_members(self, request: Request) -> Any:
        channel = self._readable_channel(request)
        page, per_page = int(request.query.get("page", 0)), int(request.query.get("per_page", 60))
        ids = sorted(channel.members)[page * per_page : (page + 1) * per_page]
        return [{"channel_id": channel.id, "user_id": id, "roles": "channel_user"} for id in ids]

    def _open_direct(self, request: Request) -> Any:
        ids = request.body
        if not isinstance(ids, list) or len(ids) != 2:
            raise invalid_body("user_ids")
        for id in ids:
            self.state.user(id)
        if request.user is None or request.user.id not in ids:
            raise no_permission()
        return Said(201, self._direct(*ids).json)

    def _create_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        assert request.user
        return Said(201, self._create(request.user, request.body).json)

    def _create_ephemeral(self, request: Request) -> Any:
        assert request.user
        if "system_admin" not in request.user.roles.split():
            raise no_permission()
        post, fields = request.body["post"], request.body
        shown = self.state.show_one(fields["user_id"], post["channel_id"], post)
        self._announce(shown)
        return Said(201, shown.json)

    def _get_post(self, request: Request) -> Any:
        assert request.user
        return self.state.readable(request.args["post_id"], request.user).json

    def _patch_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        assert request.user
        changed = self.state.patch(request.user, request.args["post_id"], copy.deepcopy(request.body))
        self._push_post("post_edited", changed)
        return changed.json

    def _update_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        if request.body.get("id") != request.args["post_id"]:
            raise invalid_body("id")
        return self._patch_post(request)

    def _delete_post(self, request: Request) -> Any:
        post = self.state.existing(request.args["post_id"])
        assert request.user
        if post.user_id != request.user.id:
            raise no_permission()
        self.delete(post)
        return {"status": "OK"}

    def _pin_post(self, request: Request) -> Any:
        assert request.user
        post = self.state.readable(request.args["post_id"], request.user)
        pinned = request.route.endswith("/pin")
        self._push_post("post_edited", self.state.update(post, {"is_pinned": pinned}))
        return {"status": "OK"}

    def _thread(self, request: Request) -> Any:
        assert request.user
        self.state.readable(request.args["post_id"], request.user)
        posts = self.state.thread(request.args["post_id"])
        root, below = posts[0], posts[1:]
        if after := int(request.query.get("fromCreateAt") or 0):
            last = request.query.get("fromPost", "")
            below = [each for each in below if (each.create_at, each.id) > (after, last)]
        if request.query.get("direction") == "up":
            below.reverse()
        per_page = int(request.query.get("perPage") or 0)
        shown = below[:per_page] if per_page else below
        return {**_listed([root, *shown]), "has_next": len(shown) < len(below)}

    def _channel_posts(self, request: Request) -> Any:
        channel, query = self._readable_channel(request), request.query
        if since := query.get("since"):
            if not since.isdecimal():
                raise invalid_body("since")
            return _listed(self.state.since(channel.id, int(since)))
        page, per_page = int(query.get("page", 0)), min(int(query.get("per_page", 60)), 200)
        posts = self.state.page(channel.id, page, per_page, query.get("before", ""), query.get("after", ""))
        roots = [self.state.posts[each.root_id] for each in posts if each.root_id]
        return _listed(posts, roots)

    def _pinned(self, request: Request) -> Any:
        channel = self._readable_channel(request)
        return _listed([each for each in self.state.in_channel(channel.id) if each.is_pinned])

    def _upload(self, request: Request) -> Any:
        fields, files = _uploaded(request)
        channel = self.state.channels.get(fields.get("channel_id", ""))
        assert request.user
        if channel is None or request.user.id not in channel.members:
            raise no_permission()
        if not files:
            raise Refusal("api.file.upload_file.incorrect_number_of_files.app_error", 400)
        made = [File(request.user.id, channel.id, name, kind, content) for name, kind, content in files]
        for file in made:
            self.state.files[file.id] = file
        return Said(201, {"file_infos": [file.json for file in made], "client_ids": []})

    def _file(self, request: Request) -> File:
        file = self.state.files.get(request.args["file_id"])
        if file is None:
            raise Refusal("app.file_info.get.app_error", 404)
        assert request.user
        if not (
            file.user_id == request.user.id or self.state.may_read(request.user, self.state.channel(file.channel_id))
        ):
            raise no_permission()
        return file

    def _get_file(self, request: Request) -> Any:
        file = self._file(request)
        return Said(200, file.content, {"Content-Type": file.mime_type})

    def _file_info(self, request: Request) -> Any:
        return self._file(request).json

    def _post_files(self, request: Request) -> Any:
        assert request.user
        post = self.state.readable(request.args["post_id"], request.user)
        return [self.state.files[id].json for id in post.file_ids]

    def _commands(self, request: Request) -> Any:
        assert request.user
        if "system_admin" not in request.user.roles.split():
            raise no_permission()
        if request.route.startswith("GET"):
            return [each.json for each in self.state.commands.values()]
        body = request.body
        return Said(201, self.command(body["trigger"], body["url"], self.state.teams[body["team_id"]]).json)

    def _open_dialog(self, request: Request) -> Any:
        body = request.body if isinstance(request.body, dict) else {}
        trigger, dialog, url = str(body.get("trigger_id") or ""), body.get("dialog") or {}, str(body.get("url") or "")
        if not url:
            raise invalid_body("url")
        try:
            _, user_id, at, _ = base64.b64decode(trigger, validate=True).decode().split(":")
        except ValueError:
            raise Refusal("interactive_message.decode_trigger_id.base64_decode_failed", 400) from None
        if trigger not in self._triggers:
            raise Refusal("interactive_message.decode_trigger_id.verify_signature_failed", 400)
        if self.state.now() - int(at) > self.config.outgoing_integration_requests_timeout * 1000:
            raise Refusal("interactive_message.decode_trigger_id.expired", 400)
        if wrong := _dialog_mistake(dialog):
            raise Refusal("api.context.invalid_body_param.app_error", 400, wrong)
        self._dialogs.append(Dialog(user_id, self._triggers[trigger], url, copy.deepcopy(dialog)))
        data = {"dialog": json.dumps({"trigger_id": trigger, "url": url, "dialog": dialog})}
        self._push("open_dialog", data, {user_id}, user=user_id)
        return {"status": "OK"}

    def _ping_api(self, request: Request) -> Any:  # noqa: ARG002 # as all of them
        return {"status": "OK", "AndroidLatestVersion": "", "ActiveSearchBackend": "database"}

    def _config_client(self, request: Request) -> Any:
        if request.query.get("format") != "old" and self._version() < (11, 0):
            raise Refusal("api.config.client.old_format.app_error", 400)
        return {
            "Version": self.config.version,
            "MaxPostSize": str(self.config.max_post_size),
            "PostEditTimeLimit": str(self.config.post_edit_time_limit),
            "EnableCommands": str(self.config.enable_commands).lower(),
            "SiteURL": self.url,
        }

    def _typing(self, request: Request) -> Any:  # noqa: ARG002 # as all of them
        return {}


_OPEN = frozenset({"GET /system/ping", "GET /config/client"})
_ROUTES: dict[str, Callable[[Mattermost, Request], Any]] = {
    "GET /users/{user_id}": Mattermost._get_user,
    "GET /users/username/{username}": Mattermost._user_named,
    "POST /users/ids": Mattermost._users_by_ids,
    "POST /users/usernames": Mattermost._users_by_names,
    "GET /users/{user_id}/teams": Mattermost._teams_of,
    "GET /users/{user_id}/channels": Mattermost._channels_of,
    "GET /users/{user_id}/teams/{team_id}/channels": Mattermost._channels_of,
    "GET /users/{user_id}/groups": Mattermost._groups_of,
    "POST /users/{user_id}/typing": Mattermost._typing,
    "GET /groups": Mattermost._groups,
    "GET /groups/{group_id}/members": Mattermost._group_members,
    "GET /teams/{team_id}": Mattermost._get_team,
    "GET /teams/name/{team_name}": Mattermost._team_named,
    "GET /teams/{team_id}/members/{user_id}": Mattermost._team_member,
    "GET /teams/{team_id}/channels/name/{channel_name}": Mattermost._channel_named,
    "GET /teams/name/{team_name}/channels/name/{channel_name}": Mattermost._channel_named,
    "POST /channels/direct": Mattermost._open_direct,
    "GET /channels/{channel_id}": Mattermost._get_channel,
    "GET /channels/{channel_id}/members": Mattermost._channel_members,
    "GET /channels/{channel_id}/members/{user_id}": Mattermost._channel_member,
    "GET /channels/{channel_id}/posts": Mattermost._channel_posts,
    "GET /channels/{channel_id}/pinned": Mattermost._pinned,
    "POST /posts": Mattermost._create_post,
    "POST /posts/ephemeral": Mattermost._create_ephemeral,
    "GET /posts/{post_id}": Mattermost._get_post,
    "PUT /posts/{post_id}": Mattermost._update_post,
    "DELETE /posts/{post_id}": Mattermost._delete_post,
    "PUT /posts/{post_id}/patch": Mattermost._patch_post,
    "POST /posts/{post_id}/pin": Mattermost._pin_post,
    "POST /posts/{post_id}/unpin": Mattermost._pin_post,
    "GET /posts/{post_id}/thread": Mattermost._thread,
    "GET /posts/{post_id}/files/info": Mattermost._post_files,
    "POST /files": Mattermost._upload,
    "GET /files/{file_id}": Mattermost._get_file,
    "GET /files/{file_id}/info": Mattermost._file_info,
    "GET /commands": Mattermost._commands,
    "POST /commands": Mattermost._commands,
    "POST /actions/dialogs/open": Mattermost._open_dialog,
    "GET /system/ping": Mattermost._ping_api,
    "GET /config/client": Mattermost._config_client,
}


def _root(thread: Post | None) -> str:
    return (thread.root_id or thread.id) if thread else ""


def _group_id(name: str) -> str:
    """An id that is the same for the same name."""
    return (base64.b32encode(name.encode()).decode().lower().rstrip("=") + "0" * 26)[:26]


def _group(name: str) -> Json:
    return {"id": _group_id(name), "name": name, "display_name": name.title(), "source": "custom", "delete_at": 0}


def _listed(posts: list[Post], also: Iterable[Post] = ()) -> Json:
    """A PostList: an order, and the posts by their ids."""
    shown = {each.id: each.json for each in [*posts, *also]}
    return {"order": [each.id for each in posts], "posts": shown, "next_post_id": "", "prev_post_id": ""}


def _dialog_mistake(dialog: Json) -> str | None:
    """What is wrong with a dialog. The server logs it only; a test wants to know."""
    if not dialog.get("title") or len(dialog["title"]) > 24:
        return "title"
    for element in dialog.get("elements") or []:
        if not 0 < len(element.get("display_name", "")) <= 24 or not 0 < len(element.get("name", "")) <= 300:
            return f"element {element.get('name')}: its names"
        if element.get("type") not in ("text", "textarea", "select", "radio", "bool", "date", "datetime"):
            return f"element {element['name']}: type {element.get('type')}"
        if len(element.get("help_text") or "") > 150:
            return f"element {element['name']}: help_text"
        if element["type"] in ("select", "radio") and not (element.get("options") or element.get("data_source")):
            return f"element {element['name']}: no options"
    return None


def _uploaded(request: Request) -> tuple[dict[str, str], list[tuple[str, str, bytes]]]:
    """Fields and files of an upload, as a form or as one file that is the body itself."""
    if not request.content_type.startswith("multipart/"):
        name = request.query.get("filename", "")
        return request.query, [(name, request.content_type, request.raw)] if name else []
    whole = message_from_bytes(f"Content-Type: {request.content_type}\r\n\r\n".encode() + request.raw)
    fields, files = dict(request.query), []
    parts: list[Any] = [*whole.walk()][1:]
    for part in parts:
        content = part.get_payload(decode=True)
        if filename := part.get_filename():
            files.append((filename, part.get_content_type(), content))
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = content.decode()
    return fields, files


_PATTERNS = [
    (route.partition(" ")[0], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.partition(" ")[2])), route)
    for route in sorted(_ROUTES, key=lambda each: "{" in each)
]


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route that a path is of, and its parameters; the path itself where there is no route."""
    if found := re.fullmatch(r"/hooks/commands/([^/]+)", path):
        return f"{method} /hooks/commands/{{hook_id}}", {"hook_id": found[1]}
    short = path.removeprefix("/api/v4")
    for verb, pattern, route in _PATTERNS:
        if verb == method and path != short and (match := pattern.fullmatch(short)):
            return route, match.groupdict()
    return f"{method} {path}", {}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, mattermost: Mattermost, port: int) -> None:
        self.mattermost = mattermost
        self._open: set[socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is no news here; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/api/v4/websocket":
            self._websocket()
        else:
            self._request()

    def do_POST(self) -> None:
        self._request()

    do_PUT = do_DELETE = do_POST

    @property
    def _token(self) -> str | None:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return token.strip() if scheme.lower() in ("bearer", "token") else None

    def _websocket(self) -> None:
        mattermost = self.server.mattermost
        line = Wire(self.connection, mattermost)
        try:
            line.accept((self.headers.get("Sec-WebSocket-Key") or "").encode())
            mattermost.opened(line, self._token, dict(parse_qsl(urlsplit(self.path).query)))
            line.listen()
        finally:
            mattermost.closed(line)
            line.close()
            self.close_connection = True

    def _request(self) -> None:
        mattermost, url = self.server.mattermost, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:  # the client died while it was speaking
            self.close_connection = True
            return
        route, args = _route(self.command, url.path)
        request = Request(
            route,
            url.path,
            args,
            dict(parse_qsl(url.query)),
            _json(raw),
            raw,
            self.headers.get("Content-Type") or "",
            mattermost.who(self._token or ""),
            mattermost.state.now(),
        )
        fault = mattermost.fault_for(request)
        if fault is None:
            self._say(mattermost.answer(request))
            return
        own = mattermost.answer(request) if fault.done else None
        mattermost.hold(fault.delay)
        said = own if fault.answers else fault.said
        if said is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(SHUT_RDWR)
            return
        self._say(said, fault.half)

    def _say(self, said: Said, half: bool = False) -> None:
        if isinstance(said.body, bytes):
            body = said.body
        else:
            body = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
        with contextlib.suppress(ConnectionError):  # the client waits no more
            self.send_response_only(said.status)
            for name, value in {"Content-Type": "application/json", "X-Request-Id": new_id(), **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = self.close_connection or half

    def log_message(self, format: str, *args: object) -> None:
        pass


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
