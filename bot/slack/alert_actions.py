"""All hosts that alerts are about, pool by pool."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from slack_bolt import App, BoltResponse

from bot.alerts.alert import AffectedHost, Alert, AlertState
from bot.alerts.ports import AlertAct, AlertAction
from bot.chat.command import CommandSpec
from bot.chat.commands import ACK, ALERTS
from bot.chat.reply import Bullets, Code, Reply, RichText, Strong, Verb, headline, line
from bot.slack.actions import Json, SnoozeFor, decode_ids, decode_snooze
from bot.slack.app_home import told_view
from bot.slack.blocks import MESSAGES_MAX, SlackMessage, messages, notice
from bot.slack.payload import Actor, of_press
from bot.slack.snooze import CALLBACK, chosen, modal, too_early


def all_hosts(alerts: Sequence[Alert]) -> Reply:
    """A list for each pool, each host once; there is at least one alert."""
    hosts = sorted({host.uuid: host for alert in alerts for host in alert.hosts}.values(), key=_place)
    pools = [(pool, [*members]) for pool, members in groupby(hosts, key=lambda host: host.pool)]
    names = dict.fromkeys(alert.subject.name for alert in alerts)
    count = f"{_many(len(hosts), 'host')} in {_many(len(pools), 'pool')}" if hosts else "no hosts"
    blocks = (Bullets(tuple(line(host.name) for host in members), title=pool) for pool, members in pools)
    return Reply("alert_hosts", headline(Strong(", ".join(names)), count), tuple(blocks))


def _place(host: AffectedHost) -> tuple[str, str, str]:
    return host.pool.casefold(), host.name.casefold(), host.uuid


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


_STALE = line("This button is from another version of xocompat. Type ", Code("/xocompat alerts"), " instead.")
_MAY_NOT = line(
    "You may not do that here. Whoever runs xocompat can grant it: see ", Code("access"), " in its configuration."
)
_NONE = line("There is no such alert any more.")
_RESOLVED = line("It is resolved already.")
_ACKNOWLEDGED = line("It is acknowledged already.")
_SNOOZED = line("It is snoozed for as long already.")

_COMMANDS = {AlertAction.ACKNOWLEDGE: "ack", AlertAction.SNOOZE: "snooze"}
"""The words that do the same; the audit trail has them."""

_DAYS = {SnoozeFor.DAY: timedelta(days=1), SnoozeFor.WEEK: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class AlertActionServices:
    """What presses need of others.

    `tell` shows a message to the asker alone, in order and on this thread. `later` takes a task on, or tells the asker
    that it is busy. `note` keeps who did what (words, outcome, and when it began by `time.perf_counter`). `wake` says
    that there is something to send. `refresh` shows somebody's App Home anew. `reached` leaves those of some alerts
    that a command may be about for the asker: under a grant for one channel those of that channel.
    """

    may_act: Callable[[Actor], bool]
    may_see: Callable[[Actor], bool]
    act: Callable[[tuple[int, ...], AlertAct], tuple[Alert, ...]]
    find: Callable[[tuple[int, ...]], tuple[Alert, ...]]
    tell: Callable[[Actor, str | None, SlackMessage], None]
    later: Callable[[Actor, str | None, Callable[[], None]], object]
    open_view: Callable[[str, Json], None]
    note: Callable[[Actor, str, str, float], None]
    wake: Callable[[], None]
    refresh: Callable[[Actor], None]
    now: Callable[[], datetime]
    reached: Callable[[Actor, CommandSpec, tuple[int, ...]], tuple[int, ...]] = lambda _, __, ids: ids


@dataclass(frozen=True, slots=True)
class PressContext:
    """Where something was pressed: who did, and the ways to answer there. In App Home a modal is the only one."""

    asker: Actor
    url: str | None
    trigger: str | None
    at_home: bool


@dataclass(frozen=True, slots=True)
class AlertActionListener:
    """Hears presses below alerts, and the modal that one of them opens."""

    means: AlertActionServices

    def hear(self, body: dict[str, Any], action: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; the rest is done on the pool."""
        asker = of_press(body)
        spot = PressContext(asker, _text(body.get("response_url")), _text(body.get("trigger_id")), _in_home(body))
        self._later(spot, lambda: self._do(spot, action))
        return BoltResponse(status=200)

    def hear_day(self, body: dict[str, Any], view: dict[str, Any]) -> BoltResponse:
        """A day was chosen: the modal closes, unless the day is not ahead."""
        picked = chosen(view)
        if picked is None or picked.until is None:
            return BoltResponse(status=200)
        if picked.until <= self.means.now():
            return BoltResponse(status=200, body=too_early(), headers={"content-type": ["application/json"]})
        asker = replace(of_press(body), channel=picked.channel)
        spot = PressContext(asker, None, _text(body.get("trigger_id")), at_home=picked.channel is None)
        self._later(spot, lambda: self._act(spot, AlertAction.SNOOZE, picked.ids, picked.until))
        return BoltResponse(status=200)

    def _later(self, spot: PressContext, task: Callable[[], None]) -> None:
        """Do a task on the pool; what App Home shows is old after it, whatever came of it."""

        def do() -> None:
            try:
                task()
            finally:
                if spot.at_home:
                    self.means.refresh(spot.asker)

        self.means.later(spot.asker, spot.url, do)

    def _do(self, spot: PressContext, action: Mapping[str, Any]) -> None:
        option = action.get("selected_option")
        snooze = decode_snooze(option.get("value")) if isinstance(option, Mapping) else None
        ids = decode_ids(action.get("value"))
        verb = action.get("action_id")
        if verb == Verb.SNOOZE and snooze:
            self._snooze(spot, *snooze)
        elif verb == Verb.ACK and ids:
            self._act(spot, AlertAction.ACKNOWLEDGE, ids)
        elif verb == Verb.HOSTS and ids:
            self._show(spot, ids)
        else:
            self._tell(spot, notice(_STALE))

    def _snooze(self, spot: PressContext, how: SnoozeFor, ids: tuple[int, ...]) -> None:
        if how is not SnoozeFor.DATE or not spot.trigger:
            until = self.means.now() + _DAYS[how] if how in _DAYS else None
            self._act(spot, AlertAction.SNOOZE, ids, until)
        elif self._permitted(self.means.may_act, spot, "snooze", ids):
            self.means.open_view(spot.trigger, modal(ids, spot.asker.channel, self.means.now().date()))

    def _act(
        self, spot: PressContext, action: AlertAction, ids: tuple[int, ...], until: datetime | None = None
    ) -> None:
        begun = time.perf_counter()
        if not self._permitted(self.means.may_act, spot, _COMMANDS[action], ids):
            return
        ids = self.means.reached(spot.asker, ACK, ids)
        changed = self.means.act(ids, AlertAct(action, spot.asker.user, self.means.now(), until))
        self.means.note(spot.asker, _words(_COMMANDS[action], ids), "done" if changed else "unchanged", begun)
        if changed:
            self.means.wake()
        else:
            self._tell(spot, notice(_unchanged(action, self.means.find(ids))))

    def _show(self, spot: PressContext, ids: tuple[int, ...]) -> None:
        begun = time.perf_counter()
        if self._permitted(self.means.may_see, spot, "alerts", ids):
            found = self.means.find(self.means.reached(spot.asker, ALERTS, ids))
            most = 1 if spot.at_home else MESSAGES_MAX
            for message in messages(all_hosts(found), most=most) if found else (notice(_NONE),):
                self._tell(spot, message)
            self.means.note(spot.asker, _words("alerts", ids), "shown", begun)

    def _permitted(self, may: Callable[[Actor], bool], spot: PressContext, what: str, ids: tuple[int, ...]) -> bool:
        begun = time.perf_counter()
        if may(spot.asker):
            return True
        self.means.note(spot.asker, _words(what, ids), "refused", begun)
        self._tell(spot, notice(_MAY_NOT))
        return False

    def _tell(self, spot: PressContext, message: SlackMessage) -> None:
        """The presser alone sees it."""
        if not spot.at_home:
            self.means.tell(spot.asker, spot.url, message)
        elif spot.trigger:
            self.means.open_view(spot.trigger, told_view(message))


def listen(app: App, press: AlertActionListener) -> None:
    """Have the app hear these presses."""
    for verb in Verb:
        app.action(verb.value)(press.hear)
    app.view(CALLBACK)(press.hear_day)


def _unchanged(action: AlertAction, found: tuple[Alert, ...]) -> RichText:
    if not found:
        return _NONE
    if all(alert.state is AlertState.RESOLVED for alert in found):
        return _RESOLVED
    return _ACKNOWLEDGED if action is AlertAction.ACKNOWLEDGE else _SNOOZED


def _words(what: str, ids: tuple[int, ...]) -> str:
    return f"{what} {' '.join(map(str, ids))}"


def _in_home(body: Mapping[str, Any]) -> bool:
    view = body.get("view")
    return isinstance(view, Mapping) and view.get("type") == "home"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
