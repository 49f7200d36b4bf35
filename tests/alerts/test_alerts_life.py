"""Alerts over a long time, against a simple model: days pass, hosts come and go, people act, the clock runs back."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.alerts.alert import (
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Condition,
    Fingerprint,
    NotifyReason,
    Reconciled,
    Rule,
)
from bot.alerts.condition import tightest
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from tests.alerts.fakes import MemoryBook, settle

CHANNELS = ("C1", "C2")
LEADS = (365, 180, 90, 30, 7, 0)
HOSTS = tuple(AffectedHost(f"uuid-{number}", f"xen-{number}", "lab") for number in range(4))
RELEASES = {"8.2": date(2025, 9, 16), "8.3": date(2028, 11, 30)}
START = datetime(2025, 1, 1, 8, tzinfo=UTC)


class Life(RuleBasedStateMachine):
    """The model is what a person would write down: which channel was notified of which threshold of which release."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.book = MemoryBook()
        self.runs: dict[AffectedHost, str] = {HOSTS[0]: "8.2", HOSTS[1]: "8.3"}
        self.routed: dict[str, tuple[int, ...]] = {CHANNELS[0]: LEADS}
        self.notified: dict[int, list[int]] = {}
        self.snooze_ends: dict[int, list[datetime]] = {}
        self.acts: dict[int, int] = {}

    @rule(days=st.integers(0, 120))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(days=st.integers(1, 400))
    def clock_runs_back(self, days: int) -> None:
        """What was notified on days that have not come is taken back, and again when they come; no more changes."""
        self.swept()
        self.now -= timedelta(days=days)
        ahead = {alert.id for alert in self.book.open() if self._is_ahead(alert)}
        for number in ahead:
            self.notified[number] = []
        for number, ends in self.snooze_ends.items():  # a snooze that ended on such a day goes on, and ends again
            self.snooze_ends[number] = [end for end in ends if end - self.now <= timedelta(days=1)]
        assert {alert.id for alert in self.swept().changed} <= ahead

    def _is_ahead(self, alert: Alert) -> bool:
        """Whether something of an alert is of a day that has not come; clocks of processes may differ by a day."""
        moments = (alert.opened_at, alert.told_at, alert.acknowledged_at, alert.snoozed_at)
        assert alert.due
        assert alert.threshold_days is not None
        is_early = (alert.due - self.now.date()).days > alert.threshold_days + 1
        return is_early or any(moment and moment - self.now > timedelta(days=1) for moment in moments)

    @rule(host=st.sampled_from(HOSTS), release=st.sampled_from([*RELEASES, None]))
    def host_comes_upgrades_or_leaves(self, host: AffectedHost, release: str | None) -> None:
        if release:
            self.runs[host] = release
        else:
            self.runs.pop(host, None)

    @rule(channel=st.sampled_from(CHANNELS), leads=st.sampled_from([LEADS, (60, 0), (30,), None]))
    def configuration_changes(self, channel: str, leads: tuple[int, ...] | None) -> None:
        if leads:
            self.routed[channel] = leads
        else:
            self.routed.pop(channel, None)

    @precondition(lambda self: self.book.open())
    @rule(data=st.data(), days=st.sampled_from([None, 1, 7, 90]))
    def somebody_acts(self, data: st.DataObject, days: int | None) -> None:
        alert = data.draw(st.sampled_from(self.book.open()))
        action = data.draw(st.sampled_from(AlertAction))
        until = self.now + timedelta(days=days) if days and action is AlertAction.SNOOZE else None
        act = AlertAct(action, "U1", self.now, until)
        if act_on(self.book, [alert.id], act) and action is AlertAction.SNOOZE and until:
            self.acts[alert.id] = self.acts.get(alert.id, 0) + 1
        assert act_on(self.book, [alert.id], act) == ()

    @rule()
    def sweep(self) -> None:
        self.swept()

    def swept(self) -> Reconciled:
        before = {alert.id: alert for alert in self.book.open()}
        conditions = self.conditions()
        settled = settle(self.book, conditions, self.now)
        again = settle(self.book, conditions, self.now)
        assert again == Reconciled()
        self._check(before, {c.fingerprint for c in conditions if self._still_holds(c, before)}, settled)
        self._nothing_is_forgotten(conditions)
        return settled

    def _still_holds(self, condition: Condition, before: dict[int, Alert]) -> bool:
        """A condition that is no news holds an alert open, unless that was opened too early."""
        alert = next((alert for alert in before.values() if alert.fingerprint == condition.fingerprint), None)
        if alert is None or condition.is_news:
            return True
        assert alert.due
        assert alert.threshold_days is not None
        return (alert.due - self.now.date()).days <= alert.threshold_days + 1

    def _nothing_is_forgotten(self, conditions: tuple[Condition, ...]) -> None:
        alerts = {alert.fingerprint: alert for alert in self.book.open()}
        for condition in conditions:
            alert = alerts.get(condition.fingerprint)
            assert alert or not condition.is_news
            if alert and condition.threshold_days is not None:
                assert alert.hosts == condition.hosts
                assert alert.threshold_days is not None
                assert alert.threshold_days <= condition.threshold_days
            if alert and alert.state is AlertState.SNOOZED:
                assert alert.snoozed_until is None or alert.snoozed_until > self.now

    def conditions(self) -> tuple[Condition, ...]:
        return tuple(
            self._condition(channel, release, leads)
            for channel, leads in self.routed.items()
            for release in sorted(set(self.runs.values()))
        )

    def _condition(self, channel: str, release: str, leads: tuple[int, ...]) -> Condition:
        due = RELEASES[release]
        threshold = tightest(leads, (due - self.now.date()).days)
        subject = AlertSubject(f"release:XCP-ng:{release}", f"XCP-ng {release}", "XCP-ng", release)
        hosts = tuple(sorted(host for host, runs in self.runs.items() if runs == release))
        return Condition(channel, Rule.EOL, subject, hosts, due, threshold, threshold is not None)

    def _check(self, before: dict[int, Alert], holding: set[Fingerprint], settled: Reconciled) -> None:
        seen = [n.alert.fingerprint for n in settled.notifications]
        assert len(seen) == len(set(seen)), "one notification for an alert at a time"
        for notification in settled.notifications:
            alert, notified = notification.alert, self.notified.setdefault(notification.alert.id, [])
            was = before.get(alert.id)
            assert (notification.reason is NotifyReason.NEW) == (was is None)
            if notification.reason in (NotifyReason.NEW, NotifyReason.THRESHOLD):
                assert alert.threshold_days is not None
                assert all(alert.threshold_days < earlier for earlier in notified), (
                    "each threshold once, tighter each time"
                )
                notified.append(alert.threshold_days)
            if notification.reason is NotifyReason.SNOOZE_OVER:
                ends = self.snooze_ends.setdefault(alert.id, [])
                ends.append(self.now)
                assert len(ends) <= self.acts.get(alert.id, 0), "once for each snooze"
            if was and was.state is AlertState.ACKNOWLEDGED:
                assert notification.reason in (
                    NotifyReason.THRESHOLD, NotifyReason.MORE_HOSTS, NotifyReason.RESOLVED,
                )  # fmt: skip
            assert (notification.reason is NotifyReason.RESOLVED) == (alert.fingerprint not in holding)
        for alert in self.book.find(before):
            assert alert.is_open == (alert.fingerprint in holding), (
                "resolved when, and only when, its condition is gone"
            )

    @invariant()
    def at_most_one_alert_is_open_for_a_fingerprint(self) -> None:
        if hasattr(self, "book"):
            fingerprints = [alert.fingerprint for alert in self.book.open()]
            assert len(fingerprints) == len(set(fingerprints))

    @invariant()
    def every_open_alert_was_told(self) -> None:
        if hasattr(self, "book"):
            assert {alert.id for alert in self.book.open()} <= set(self.notified)


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
