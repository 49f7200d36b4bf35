"""App Home: the fleet's state for whoever opens it, as far as they may see it.

It is in no channel, so a right that was granted for one channel does not count here. Slack shows it to people of
its own workspace alone (github.com/slackapi/bolt-js/issues/1948); should that change, strangers get what look-ups
allow.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt import App, BoltResponse

from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ACK, ALERTS, HELP
from bot.chat.reply import Line, Reply, with_code
from bot.slack.answers import Answer
from bot.slack.asker import Asker, of_event
from bot.slack.kit import Kit
from bot.slack.view import home, notice_home

See = Callable[[frozenset[Right], Line], tuple[Reply, ...]]
"""The parts of the page for somebody with these rights; the line says what is not shown."""

_HIDDEN = {ALERTS: "hosts and alerts", ACK: "buttons to acknowledge or snooze"}


@dataclass(frozen=True, slots=True)
class HomeTab:
    """Publishes App Home to one person, anew each time that they open it or press something there."""

    kit: Kit
    see: See

    def hear(self, body: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; publishing it twice does no harm."""
        event = body.get("event")
        asker = replace(of_event(body), channel=None, thread=None)  # the event names a conversation with the bot
        if isinstance(event, Mapping) and event.get("tab") == "home" and asker.user:
            self.kit.later(asker, None, lambda: self.publish(asker))
        return BoltResponse(status=200)

    def publish(self, asker: Asker) -> None:
        """Show the asker what holds now. UndeliveredError if Slack does not take it."""
        rights = self.kit.access.admit(asker, HELP)
        if isinstance(rights, Answer):
            self.kit.post.publish(asker.user, notice_home(rights.messages))
            return
        parts = self.see(rights, self._lacking(asker, rights))
        self.kit.post.publish(asker.user, home(parts))

    def _lacking(self, asker: Asker, rights: frozenset[Right]) -> Line:
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
