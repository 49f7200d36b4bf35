"""App Home and modals as Slack draws them. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt import App, BoltResponse

from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ACK, ALERTS, HELP
from bot.chat.reply import Reply, RichText, with_code
from bot.slack.actions import Json, label_of
from bot.slack.blocks import SlackMessage, messages, size
from bot.slack.payload import Actor, of_event
from bot.slack.responder import RenderedReply
from bot.slack.services import SessionServices

BLOCKS_MAX = 100
BUDGET = 200_000
"""Blocks of a view, and characters of it as JSON: Slack takes 250 kB."""

_DIVIDER: Json = {"type": "divider"}


def home(parts: Sequence[Reply]) -> Json:
    """App Home from the parts of the page. Should it be too much for Slack, the last bulletins are left out."""
    kept = [*parts]
    while not _fits(blocks := _blocks(kept)):
        last = next(at for at in reversed(range(len(kept))) if kept[at].kind == "bulletin")
        kept.pop(last)
    return {"type": "home", "blocks": blocks}


def notice_home(told_view: Sequence[SlackMessage]) -> Json:
    """App Home that only says why there is nothing to see."""
    return {"type": "home", "blocks": [block for message in told_view for block in message.blocks]}


def told_view(message: SlackMessage) -> Json:
    """A modal that tells something: what a press in App Home brings, as there is no channel to say it in."""
    return {"type": "modal", "title": label_of("xocompat"), "close": label_of("Close"), "blocks": [*message.blocks]}


def _blocks(parts: Sequence[Reply]) -> list[Json]:
    found: list[Json] = []
    for part in parts:
        if found:
            found.append(_DIVIDER)
        found += messages(part, most=1)[0].blocks
    return found


def _fits(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= BLOCKS_MAX and size(blocks) <= BUDGET


See = Callable[[frozenset[Right], RichText], tuple[Reply, ...]]
"""The parts of the page for somebody with these rights; the line says what is not shown."""

_HIDDEN = {ALERTS: "hosts and alerts", ACK: "buttons to acknowledge or snooze"}


@dataclass(frozen=True, slots=True)
class HomeTab:
    """Publishes App Home to one person, anew each time that they open it or press something there."""

    kit: SessionServices
    see: See

    def hear(self, body: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; publishing it twice does no harm."""
        event = body.get("event")
        asker = replace(of_event(body), channel=None, thread=None)  # the event names a conversation with the bot
        if isinstance(event, Mapping) and event.get("tab") == "home" and asker.user:
            self.kit.later(asker, None, lambda: self.publish(asker))
        return BoltResponse(status=200)

    def publish(self, asker: Actor) -> None:
        """Show the asker what holds now. UndeliveredError if Slack does not take it."""
        found = self.kit.access.admit(asker, HELP)
        if isinstance(found, RenderedReply):
            self.kit.post.publish(asker.user, notice_home(found.messages))
            return
        parts = self.see(found.rights, self._lacking(asker, found.rights))
        self.kit.post.publish(asker.user, home(parts))

    def _lacking(self, asker: Actor, rights: frozenset[Right]) -> RichText:
        lacks = [spec for spec in _HIDDEN if spec.right not in rights]
        if not lacks:
            return ()
        whom = self.kit.access.whom(asker, lacks[0].right)
        here = "A right for one channel does not count here." if self.kit.access.grants else ""
        return with_code(f"Not shown: {' and '.join(_hidden(lacks))}. {whom} {here}")


def listen(app: App, tab: HomeTab) -> None:
    """Have the app hear who opens App Home."""
    app.event("app_home_opened")(tab.hear)


def _hidden(lacks: list[CommandSpec]) -> Iterator[str]:
    for spec in lacks:
        yield f"{_HIDDEN[spec]} (that takes the right `{spec.right}`)"
