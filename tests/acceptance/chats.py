"""Places to talk with the bot, each on a platform of its own, seen by the people there: the same people everywhere.

Ann and Ben are in a channel with the bot. What they do is written once, for Slack and for Mattermost.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import unescape
from typing import Any, Protocol

from bot.slack.modals import HOST, MOMENT, NOTE
from tests.acceptance.lab import BOT_USER, CHANNEL, OTHER, USER, Json, LocalSlack
from tests.acceptance.waiting import until
from tests.mattermost.standin import Mattermost
from tests.mattermost.state import Channel, Dialog, Post, User


class Who(StrEnum):
    """People of the lab."""

    ANN = "ann"
    BEN = "ben"


class Where(StrEnum):
    """The channel that both are in, or somebody's conversation with the bot."""

    CHANNEL = "channel"
    DIRECT = "direct"


@dataclass(frozen=True)
class Seen:
    """A message as somebody sees it: its words without markup, people as @name, buttons and menus by their labels.

    `raw` is the platform's own. `thread` is the message that it stands below.
    """

    id: str
    text: str
    thread: str | None
    is_private: bool
    labels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    raw: Any = field(default=None, compare=False, repr=False)


class Chat(Protocol):
    """A place to talk with the bot. Everything waits for nothing but its own call; `wait_for` waits for what comes."""

    who: Mapping[Who, str]
    """People as the bot's configuration names them."""
    channel: str
    """The channel, named in the same way."""

    def type(self, words: str, who: Who = Who.ANN) -> None:
        """The bot's command with these words, in the channel."""

    def say(self, words: str, where: Where = Where.CHANNEL, below: Seen | None = None) -> Seen:
        """Ann says something, below a message or not. In the channel the bot is mentioned."""

    def press(self, message: Seen, label: str, who: Who = Who.ANN) -> None:
        """A button by its label."""

    def choose(self, message: Seen, option: str) -> None:
        """An option of a menu, by its text."""

    def pick(self, option: str) -> None:
        """An option of the list in the window that is open."""

    def note(self, text: str) -> None:
        """What is asked for in the window that is open."""

    def moment(self, at: datetime) -> None:
        """A moment, in UTC, in the window that is open."""

    def seen(self, who: Who = Who.ANN, where: Where = Where.CHANNEL) -> list[Seen]:
        """What somebody sees of the bot's, oldest first."""


def wait_for(
    chat: Chat,
    *texts: str,
    also: Callable[[Seen], bool] = lambda _: True,
    who: Who = Who.ANN,
    where: Where = Where.CHANNEL,
) -> Seen:
    """The newest message of the bot's that somebody sees with all these texts in it, and that meets a condition."""

    def found() -> Seen | None:
        there = (each for each in reversed(chat.seen(who, where)) if all(text in each.text for text in texts))
        return next(filter(also, there), None)

    try:
        return until(found, 15, f"{who} sees {texts}")
    except AssertionError as error:
        there = "\n".join(repr(each) for each in chat.seen(who, where))
        raise AssertionError(f"{error}, but\n{there}") from None


def bare(text: str) -> str:
    """Text without what Markdown and mrkdwn add to it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|<(?:https?://|!date\^)[^|>]*\|([^>]*)>", r"\1\2", text)
    return re.sub(r"[*`\\\u200b]|(?<!\w)_|_(?!\w)", "", text)


class SlackChat:
    """In a local Slack, which its bot has to hear."""

    channel = CHANNEL
    who: Mapping[Who, str] = {Who.ANN: USER, Who.BEN: OTHER}  # nobody changes it

    def __init__(self, slack: LocalSlack) -> None:
        self._slack = slack

    def type(self, words: str, who: Who = Who.ANN) -> None:
        self._slack.command(words, user=self.who[who])

    def say(self, words: str, where: Where = Where.CHANNEL, below: Seen | None = None) -> Seen:
        text = f"<@{BOT_USER}> {words}" if where is Where.CHANNEL else words
        thread = {"threadTs": below.id, "thread_ts": below.id} if below else {}
        return self._seen(
            self._slack.tell("message", channel=self._place(Who.ANN, where), text=text, **thread)["message"]
        )

    def press(self, message: Seen, label: str, who: Who = Who.ANN) -> None:
        self._slack.press(message.raw, label, self.who[who])

    def choose(self, message: Seen, option: str) -> None:
        menus = [e for e in _elements(message.raw) if any(_label(each) == option for each in e.get("options") or [])]
        self._slack.choose(message.raw, menus[0]["action_id"], option)

    def pick(self, option: str) -> None:
        self._wait_window(HOST)
        self._slack.pick(HOST, "pick_host", option)

    def note(self, text: str) -> None:
        self._wait_window(NOTE)
        self._slack.submit({NOTE: {NOTE: {"type": "plain_text_input", "value": text}}})

    def moment(self, at: datetime) -> None:
        self._wait_window(MOMENT)
        chosen = {"type": "datetimepicker", "selected_date_time": int(at.timestamp())}
        self._slack.submit({MOMENT: {MOMENT: chosen}})

    def seen(self, who: Who = Who.ANN, where: Where = Where.CHANNEL) -> list[Seen]:
        user = self.who[who]
        messages = self._slack.messages(self._place(who, where))
        return [self._seen(each) for each in messages if each.get("ephemeral_to") in (None, user)]

    def _place(self, who: Who, where: Where) -> str:
        return CHANNEL if where is Where.CHANNEL else self._slack.direct(self.who[who])

    def _wait_window(self, block: str) -> None:
        """Until the last window that was opened has this block."""
        until(lambda: f'\\"{block}\\"' in json.dumps(self._opened()), 10, f"a window with {block}")

    def _opened(self) -> str:
        calls = [json.dumps(entry) for entry in self._slack.log("web_api")]
        return next((call for call in reversed(calls) if "views.open" in call), "")

    def _seen(self, message: Json) -> Seen:
        parts = [str(message.get("text") or ""), *_texts(message.get("blocks") or [])]
        text = unescape("\n".join(parts))
        for who, id in self.who.items():
            text = text.replace(f"<@{id}>", f"@{who}")
        return Seen(
            id=str(message["ts"]),
            text=bare(text),
            thread=message.get("thread_ts"),
            is_private=message.get("subtype") == "ephemeral",
            labels=tuple(_label(each) for each in _elements(message)),
            files=tuple(str(each.get("name")) for each in message.get("files") or []),
            raw=message,
        )


def _texts(value: object) -> list[str]:
    """All texts within blocks, but for those of buttons and menus."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if not isinstance(value, dict) or value.get("type") == "actions":
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for each in value.values() for text in _texts(each)]


def _elements(message: Json) -> list[Json]:
    return [e for block in message.get("blocks") or [] if block["type"] == "actions" for e in block["elements"]]


def _label(element: Json) -> str:
    return str((element.get("text") or element.get("placeholder") or {}).get("text"))


def mattermost_way(mattermost: Mattermost, port: int) -> tuple[dict[str, str], str]:
    """The environment and the configuration of a bot that serves a Mattermost, and is called by it on a port."""
    here = f"http://127.0.0.1:{port}"
    command = mattermost.command("xocompat", f"{here}/mattermost/command")
    way = {"MATTERMOST_TOKEN": mattermost.token, "MATTERMOST_COMMAND_TOKEN": command.token, "SLACK_BOT_TOKEN": ""}
    return way, f"mattermost: {{url: '{mattermost.url}', callback_url: '{here}'}}\n"


class MattermostChat:
    """In a Mattermost, whose bot has to have a command there."""

    channel = "mattermost:lab/general"
    who: Mapping[Who, str] = {each: f"mattermost:{each}" for each in Who}  # nobody changes it

    def __init__(self, mattermost: Mattermost) -> None:
        self._mattermost = mattermost
        self._people: dict[Who, User] = {each: mattermost.user(each) for each in Who}
        self._channel = mattermost.channel("general", members=[*self._people.values(), mattermost.bot])

    def type(self, words: str, who: Who = Who.ANN) -> None:
        typed = self._mattermost.type_command(self._people[who], self._channel, f"/xocompat {words}")
        assert typed.error is None, typed.error

    def say(self, words: str, where: Where = Where.CHANNEL, below: Seen | None = None) -> Seen:
        text = f"@{self._mattermost.bot.name} {words}" if where is Where.CHANNEL else words
        root = self._mattermost.post(below.id) if below else None
        return self._seen(self._mattermost.say(self._people[Who.ANN], self._place(Who.ANN, where), text, root))

    def press(self, message: Seen, label: str, who: Who = Who.ANN) -> None:
        pressed = self._mattermost.press(message.raw, label, self._people[who])
        assert pressed.error is None, pressed.error

    def choose(self, message: Seen, option: str) -> None:
        post: Post = message.raw
        menu = next(e for e in post.actions if any(each["text"] == option for each in e.get("options") or []))
        pressed = self._mattermost.press(post, menu["id"], self._people[Who.ANN], option)
        assert pressed.error is None, pressed.error

    def pick(self, option: str) -> None:
        self._submit("select", option)

    def note(self, text: str) -> None:
        self._submit("textarea", text)

    def moment(self, at: datetime) -> None:
        self._submit("datetime", f"{at:%Y-%m-%dT%H:%M:%SZ}")

    def seen(self, who: Who = Who.ANN, where: Where = Where.CHANNEL) -> list[Seen]:
        ann, place = self._people[who], self._place(who, where)
        ours = (each for each in self._mattermost.sees(ann, place) if each.type or "xocompat" in each.props)
        return [self._seen(each) for each in ours]

    def _place(self, who: Who, where: Where) -> Channel:
        return self._channel if where is Where.CHANNEL else self._mattermost.direct(self._people[who])

    def _submit(self, kind: str, value: str) -> None:
        """Fill in the dialog that is open, once its first element is of a kind."""

        def found() -> Dialog | None:
            shown = self._mattermost.dialog(self._people[Who.ANN])
            return shown if shown and shown.dialog["elements"][0]["type"] == kind else None

        dialog = self._mattermost.wait(found, f"a dialog with a {kind}")
        done = self._mattermost.submit_dialog(self._people[Who.ANN], {dialog.names[0]: value})
        assert done.closed, done

    def _seen(self, post: Post) -> Seen:
        return Seen(
            id=post.id,
            text=bare(post.text),
            thread=post.root_id or None,
            is_private=bool(post.type),
            labels=tuple(str(each["name"]) for each in post.actions),
            files=tuple(str(each["name"]) for each in post.metadata.get("files") or []),
            raw=post,
        )
