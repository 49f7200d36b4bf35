"""The people who use a Mattermost: what they see, and what they type, press and fill in.

Where that is the bot's business, the bot is called as the server calls it (server/channels/app/command.go and
integration_action.go), and what it answers is made into posts as the server makes them.
"""

import copy
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from tests.mattermost.events import Events
from tests.mattermost.state import (
    Channel,
    Command,
    Dialog,
    Hook,
    Json,
    Post,
    Refusal,
    State,
    Team,
    User,
    no_permission,
    slack_text,
)

T = TypeVar("T")
AGENT = "Mattermost-Bot/1.1"
MOST_READ = 1 << 20
"""Bytes of a bot's answer that are read."""


@dataclass(frozen=True)
class Typed:
    """What came of a command: the answer of the bot as it was, and the posts that were made of it."""

    status: int | None
    answer: Any
    replies: tuple[Post, ...]
    error: Refusal | None
    response_url: str
    trigger_id: str

    @property
    def reply(self) -> Post | None:
        """The first of the posts."""
        return next(iter(self.replies), None)


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


class People:
    """What people do and see, whoever serves it: a subclass has the rest of the server."""

    state: State
    events: Events
    bot: User
    lab: Team

    @property
    def url(self) -> str:
        """Where the server is."""
        raise NotImplementedError

    def wait(self, found: Callable[[], T | None], what: str, seconds: float = 10) -> T:
        """What `found` finds, as soon as it is neither None nor false; looked for whenever something changes."""
        result: T | None = None

        def looked() -> bool:
            nonlocal result
            result = found()
            return bool(result)

        with self.events.changed:
            assert self.events.changed.wait_for(looked, seconds), f"{what}: not within {seconds} seconds"
        assert result is not None
        return result

    def posts(self, channel: Channel, thread: Post | None = None) -> list[Post]:
        """What is in a channel, or in a thread of it below its first post, oldest first."""
        with self.events.changed:
            there = self.state.in_channel(channel.id)
            return [copy.deepcopy(each) for each in there if thread is None or each.root_id == thread.id]

    def post(self, id: str) -> Post | None:
        """A post as it is now; None if it is not there any more."""
        with self.events.changed:
            found = self.state.posts.get(id)
            return copy.deepcopy(found) if found and not found.delete_at else None

    def ephemerals(self, user: User, channel: Channel | None = None) -> list[Post]:
        """What somebody alone was shown, oldest first."""
        with self.events.changed:
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
        with self.events.changed:
            return next((each for each in reversed(self.state.dialogs) if each.user_id == user.id), None)

    def say(
        self, user: User, channel: Channel, text: str, thread: Post | None = None, props: Json | None = None
    ) -> Post:
        fields = {"channel_id": channel.id, "message": text, "root_id": _root(thread), "props": props or {}}
        with self.events.changed:
            return copy.deepcopy(self.events.create(user, fields))

    def delete(self, post: Post) -> None:
        """Somebody who may deletes a post, and with it what is below."""
        with self.events.changed:
            self.events.delete(post.id)

    def type_command(
        self, user: User, channel: Channel, text: str, thread: Post | None = None, team: Team | None = None
    ) -> Typed:
        """Somebody types a slash command, and waits for what comes of it. `team`: the one that a DM is seen from."""
        with self.events.changed:
            try:
                command = self._command(user, channel, text, team)
            except Refusal as refusal:
                return Typed(None, None, (), refusal, "", "")
            hook = Hook(command, user.id, channel.id, _root(thread), self.state.now())
            self.state.hooks[hook.id] = hook
            trigger_id = self.state.trigger(user, channel)
            response_url = f"{self.url}/hooks/commands/{hook.id}"
            form = self._form(hook, user, channel, text, trigger_id, response_url)
        headers = {"Accept": "application/json", "Authorization": f"Token {command.token}"}
        status, answer, kind = self._call(command.url, headers, data=form)
        with self.events.changed:
            replies: list[Post] = []
            try:
                answer = self._command_answer(status, answer, kind)
                replies, error = self.state.answer_command(hook, answer)
            except Refusal as refusal:
                error = refusal
            for reply in replies:
                self.events.announce(reply)
            return Typed(status, answer, tuple(copy.deepcopy(replies)), error, response_url, trigger_id)

    def press(
        self, post: Post, action: str, user: User, selected: str | None = None, context: Json | None = None
    ) -> Pressed:
        """Somebody presses a button, by its label or id, or chooses an option of a menu, by its text or value.

        `context` is sent instead of what the bot put there: as one could who writes into the database.
        """
        try:
            with self.events.changed:
                url, body = self._action(post, action, user, selected)
        except Refusal as refusal:
            return Pressed(None, None, None, refusal.id, "")
        body |= {"context": context} if context is not None else {}
        status, answer, _ = self._call(url, {"Accept": "application/json"}, json=body)
        with self.events.changed:
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
        if user.id not in self.state.channels[shown.channel_id].members:
            return Submitted(None, {}, no_permission().id, None)
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

    def _command(self, user: User, channel: Channel, text: str, team: Team | None) -> Command:
        if not self.state.may_post(user, channel):
            raise no_permission()
        if channel.delete_at:
            raise Refusal("api.command.execute_command.deleted.error", 400)
        if not self.state.config.enable_commands:
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
        team = self.state.teams[hook.command.team_id]
        name, words = re.fullmatch(r"(\S*)(?:\s(.*))?", text, re.DOTALL).groups("")  # type: ignore[union-attr] # it does
        fields = {
            "token": hook.command.token,
            "team_id": team.id,
            "team_domain": team.name,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": name.lower(),
            "text": words,
            "trigger_id": trigger_id,
            "response_url": response_url,
            "root_id": hook.root_id,
        }
        for each in self.state.named(text):
            fields |= {"user_mentions": each.name, "user_mentions_ids": each.id}
        return sorted(fields.items())

    def _call(self, url: str, headers: dict[str, str], **body: Any) -> tuple[int | None, Any, str]:
        """The status, the answer, parsed if it can be, and its type. No status where there is no answer in time."""
        seconds = self.state.config.outgoing_integration_requests_timeout
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
        if user.id not in channel.members:
            raise no_permission()
        allowed = r"[A-Za-z0-9]+" if self.state.version < (11, 10) else r"[A-Za-z0-9_-]+"
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
        body |= {"team_id": channel.team_id, "post_id": post.id, "trigger_id": self.state.trigger(user, channel)}
        team = self.state.teams.get(channel.team_id)
        body |= {"team_domain": team.name if team else "", "type": kind, "data_source": "", "context": context}
        return str(stored["integration"]["url"]), body

    def _action_answer(self, post: Post, user: User, status: int | None, answer: Any) -> tuple[Post | None, str | None]:
        if status != 200 or not (isinstance(answer, dict) or answer == ""):
            raise Refusal("api.post.do_action.action_integration.app_error", 400)
        answer = answer or {}
        if update := answer.get("update"):
            stored = self.state.existing(post.id)  # no ephemeral post is found there
            self.events.push_post("post_edited", self.state.update(stored, update))
        told = None
        if text := str(answer.get("ephemeral_text") or ""):
            text = text if answer.get("skip_slack_parsing") else slack_text(text)
            told = self.state.show_one(user.id, post.channel_id, {"message": text}, post.root_id or post.id)
            self.events.announce(told)
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
        with self.events.changed:
            self.state.dialogs = [each for each in self.state.dialogs if each is not dialog]


def _root(thread: Post | None) -> str:
    return (thread.root_id or thread.id) if thread else ""
