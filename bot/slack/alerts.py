"""Buttons below alerts: acknowledge, snooze, show hosts. The message itself is changed by the edit that this queues.

Whoever presses is asked for the right then, not when the button was drawn; a press that changes nothing says so.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from slack_bolt import App, BoltResponse

from bot.alerts.alert import Alert, AlertState
from bot.alerts.ports import Act, Action
from bot.chat.commands import ACK, ALERTS
from bot.chat.reply import Code, Line, Verb, line
from bot.slack.asker import Asker, of_press
from bot.slack.button import Json, SnoozeFor, decode_ids, decode_snooze
from bot.slack.hosts import all_hosts
from bot.slack.message import Message, messages, notice
from bot.slack.until import CALLBACK, chosen, modal, too_early

_STALE = line("This button is from another version of xocompat. Type ", Code("/xocompat alerts"), " instead.")
_MAY_NOT = line(
    "You may not do that here. Whoever runs xocompat can grant it: see ", Code("access"), " in its configuration."
)
_NONE = line("There is no such alert any more.")
_RESOLVED = line("It is resolved already.")
_ACKNOWLEDGED = line("It is acknowledged already.")
_SNOOZED = line("It is snoozed for as long already.")

_TYPED = {Action.ACKNOWLEDGE.value: ACK.name, "hosts": ALERTS.name}
"""Presses as the commands that they stand for, which is how the audit trail has them."""

_DAYS = {SnoozeFor.DAY: timedelta(days=1), SnoozeFor.WEEK: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Means:
    """What presses need of others.

    `tell` shows a message to the asker alone, in order and on this thread. `later` takes a task on, or tells the asker
    that it is busy. `note` keeps who did what (words, outcome, and when it began by `time.perf_counter`). `wake` says
    that there is something to send.
    """

    may_act: Callable[[Asker], bool]
    may_see: Callable[[Asker], bool]
    act: Callable[[tuple[int, ...], Act], tuple[Alert, ...]]
    find: Callable[[tuple[int, ...]], tuple[Alert, ...]]
    tell: Callable[[Asker, str | None, Message], None]
    later: Callable[[Asker, str | None, Callable[[], None]], object]
    open_view: Callable[[str, Json], None]
    note: Callable[[Asker, str, str, float], None]
    wake: Callable[[], None]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class AlertPress:
    """Hears presses below alerts, and the modal that one of them opens."""

    means: Means

    def hear(self, body: dict[str, Any], action: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; the rest is done on the pool."""
        asker, url = of_press(body), _text(body.get("response_url"))
        self.means.later(asker, url, lambda: self._do(asker, url, body, action))
        return BoltResponse(status=200)

    def hear_day(self, body: dict[str, Any], view: dict[str, Any]) -> BoltResponse:
        """A day was chosen: the modal closes, unless the day is not ahead."""
        picked = chosen(view)
        if picked is None or picked.until is None:
            return BoltResponse(status=200)
        if picked.until <= self.means.now():
            return BoltResponse(status=200, body=too_early(), headers={"content-type": ["application/json"]})
        asker = replace(of_press(body), channel=picked.channel)
        self.means.later(asker, None, lambda: self._act(asker, None, Action.SNOOZE, picked.ids, picked.until))
        return BoltResponse(status=200)

    def _do(self, asker: Asker, url: str | None, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
        option = action.get("selected_option")
        snooze = decode_snooze(option.get("value")) if isinstance(option, Mapping) else None
        ids = decode_ids(action.get("value"))
        verb = action.get("action_id")
        if verb == Verb.SNOOZE and snooze:
            self._snooze(asker, url, body, *snooze)
        elif verb == Verb.ACK and ids:
            self._act(asker, url, Action.ACKNOWLEDGE, ids)
        elif verb == Verb.HOSTS and ids:
            self._show(asker, url, ids)
        else:
            self.means.tell(asker, url, notice(_STALE))

    def _snooze(
        self, asker: Asker, url: str | None, body: Mapping[str, Any], how: SnoozeFor, ids: tuple[int, ...]
    ) -> None:
        trigger = _text(body.get("trigger_id"))
        if how is not SnoozeFor.DATE or not trigger:
            until = self.means.now() + _DAYS[how] if how in _DAYS else None
            self._act(asker, url, Action.SNOOZE, ids, until)
        elif self._permitted(self.means.may_act, asker, url, "snooze", ids):
            self.means.open_view(trigger, modal(ids, asker.channel, self.means.now().date()))

    def _act(
        self, asker: Asker, url: str | None, action: Action, ids: tuple[int, ...], until: datetime | None = None
    ) -> None:
        begun = time.perf_counter()
        if not self._permitted(self.means.may_act, asker, url, action, ids):
            return
        changed = self.means.act(ids, Act(action, asker.user, self.means.now(), until))
        self.means.note(asker, _words(action, ids), "done" if changed else "unchanged", begun)
        if changed:
            self.means.wake()
        else:
            self.means.tell(asker, url, notice(_unchanged(action, self.means.find(ids))))

    def _show(self, asker: Asker, url: str | None, ids: tuple[int, ...]) -> None:
        begun = time.perf_counter()
        if self._permitted(self.means.may_see, asker, url, "hosts", ids):
            found = self.means.find(ids)
            for message in messages(all_hosts(found)) if found else (notice(_NONE),):
                self.means.tell(asker, url, message)
            self.means.note(asker, _words("hosts", ids), "shown", begun)

    def _permitted(
        self, may: Callable[[Asker], bool], asker: Asker, url: str | None, what: str, ids: tuple[int, ...]
    ) -> bool:
        begun = time.perf_counter()
        if may(asker):
            return True
        self.means.note(asker, _words(what, ids), "refused", begun)
        self.means.tell(asker, url, notice(_MAY_NOT))
        return False


def listen(app: App, press: AlertPress) -> None:
    """Have the app hear these presses."""
    for verb in Verb:
        app.action(verb.value)(press.hear)
    app.view(CALLBACK)(press.hear_day)


def _unchanged(action: Action, found: tuple[Alert, ...]) -> Line:
    if not found:
        return _NONE
    if all(alert.state is AlertState.RESOLVED for alert in found):
        return _RESOLVED
    return _ACKNOWLEDGED if action is Action.ACKNOWLEDGE else _SNOOZED


def _words(what: str, ids: tuple[int, ...]) -> str:
    return f"{_TYPED.get(what, what)} {' '.join(map(str, ids))}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
