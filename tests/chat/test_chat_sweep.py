"""`sweep`: what a round found, who was told, and what still waits."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from bot.alerts.alert import (
    NO_DETAIL,
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Notification,
    NotifyReason,
    Reconciled,
    Rule,
)
from bot.alerts.cycle import CycleResult, SendResult
from bot.alerts.delivery.outbox import ChannelState
from bot.chat.command import Caller, Progress, Right
from bot.chat.commands import SWEEP
from bot.chat.reply import Bullets, ChannelName, Reply, RichText, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.fleet.hosts import Change, ChangeKind
from bot.fleet.ports import OrchestraState
from bot.fleet.sweep import Report, SweepEnd, SweepResult
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import Failure, FailureCode
from tests.chat.fleet import AWAY, NOON, SILENT, Orchestras, fleet, orchestra, ports

TODAY = date(2026, 11, 23)
ALL = frozenset(Right)
Sweep = Callable[..., Reply]


def _alert(at: int, state: AlertState, reason: NotifyReason) -> Alert:
    subject = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
    hosts = (AffectedHost("u", "xen-2", "lab"),)
    return Alert(at, "C1", Rule.EOL, subject, hosts, None, None, NO_DETAIL, False, state, reason, NOON, NOON)


NEW = _alert(17, AlertState.FIRING, NotifyReason.NEW)
OVER = _alert(16, AlertState.RESOLVED, NotifyReason.RESOLVED)
SETTLED = Reconciled(
    (NEW, OVER), (Notification(NEW, NotifyReason.NEW, NOON), Notification(OVER, NotifyReason.RESOLVED, NOON))
)
STOPPED = ChannelState("C2", 3, NOON, stopped_code="not_in_channel", stopped="Invite the bot: /invite @xocompat.")


def _failures(count: int) -> tuple[Failure, ...]:
    return tuple(Failure(f"t{at}", FailureCode.UNREACHABLE, AWAY.format(f"t{at}")) for at in range(count))


@pytest.fixture
def sweep(matrix: Matrix, reader: Reader) -> Sweep:
    def answered(made: CycleResult, words: str = "sweep", told: list[Progress] | None = None) -> Reply:
        def go(_: date | None, tell: Report) -> CycleResult:
            for done in range(1_001):
                tell(done, 1_000)
            return made

        desk = CommandRunner(ports(matrix, reader, fleet(), go), lambda: TODAY)
        heard = [] if told is None else told
        return desk.run(SWEEP, words.removeprefix("sweep").strip(), ALL, None, Caller("U1"), heard.append)

    return answered


def _items(reply: Reply, title: str) -> list[str]:
    found: list[RichText] = [
        item
        for block in reply.blocks
        if isinstance(block, Bullets) and block.title and block.title.startswith(title)
        for item in block.items
    ]
    return [plain(item) for item in found]


def test_the_counts_are_those_of_the_contract(sweep: Sweep) -> None:
    made = CycleResult(NOON, SweepResult(6, _failures(2)), SETTLED, SendResult(4), (STOPPED,))
    reply = sweep(made)
    assert reply.data == {
        "as_of": "2026-11-23", "targets": 6, "failed": 2, "opened": 1, "resolved": 1, "delivered": 4, "pending": 3,
    }  # fmt: skip
    assert reply.exit_status == 0
    assert reply.summary == "Sweep done: 2 of 6 targets did not answer"


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        (ChangeKind.UPGRADED, "8.2.1", "8.3.0", "from 8.2.1 to 8.3.0"),
        (ChangeKind.UPGRADED, None, "8.3.0", "from an unknown version to 8.3.0"),
        (ChangeKind.UPGRADED, "8.2.1", None, "from 8.2.1 to another"),
        (ChangeKind.UPGRADED, None, None, "from an unknown version to another"),
        (ChangeKind.JOINED, None, "8.3.0", "joined, runs 8.3.0"),
        (ChangeKind.JOINED, None, None, "joined"),
        (ChangeKind.LEFT, "8.3.0", None, "left its pool"),
    ],
)
def test_what_is_different_is_told_as_far_as_it_is_known(
    sweep: Sweep, kind: ChangeKind, before: str | None, after: str | None, told: str
) -> None:
    change = Change(NOON, kind, "lab-a", "uuid-xen-2", "xen-2", "lab", before, after)
    reply = sweep(CycleResult(NOON, SweepResult(6, changes=(change,)), SETTLED, SendResult(1)))
    assert _items(reply, "Different") == [f"xen-2 (pool lab): {told}"]


def test_it_says_what_failed_and_why_what_changed_who_was_told_and_what_waits(sweep: Sweep) -> None:
    changes = (
        Change(NOON, ChangeKind.UPGRADED, "lab-a", "uuid-xen-2", "xen-2", "lab", "8.2.1", "8.3.0"),
        Change(NOON, ChangeKind.UNREACHABLE, "down-a"),
        Change(NOON, ChangeKind.UNREACHABLE, "new-a"),
    )
    reply = sweep(CycleResult(NOON, SweepResult(6, _failures(1), changes), SETTLED, SendResult(1), (STOPPED,)))
    assert _items(reply, "No answer") == ["t0: t0 did not answer: nothing listens on its address."]
    assert _items(reply, "Different") == [
        "xen-2 (pool lab): from 8.2.1 to 8.3.0",
        "down-a: does not answer any more",
        "new-a: has never answered",
    ]
    assert _items(reply, "Told") == [
        "XCP-ng 8.2 LTS · new, 1 host · channel C1",
        "XCP-ng 8.2 LTS · resolved, 1 host · channel C1",
    ]
    assert _items(reply, "Waits") == ["channel C2: 3 messages. Invite the bot: /invite @xocompat."]
    lists = [item for block in reply.blocks if isinstance(block, Bullets) for item in block.items]
    assert sum(isinstance(span, ChannelName) for item in lists for span in item) == 3, "a platform draws its name"


def test_what_waits_without_a_token_says_so(sweep: Sweep) -> None:
    waiting = ChannelState("C1", 1, NOON)
    reply = sweep(CycleResult(NOON, SweepResult(1), SETTLED, SendResult(0, "SLACK_BOT_TOKEN is not set."), (waiting,)))
    assert _items(reply, "Waits") == ["channel C1: 1 message. SLACK_BOT_TOKEN is not set."]


def test_thousands_of_failures_and_changes_are_bounded(sweep: Sweep) -> None:
    changes = tuple(Change(NOON, ChangeKind.JOINED, "lab-a", f"u{at}", f"xen-{at}", "lab") for at in range(5_000))
    reply = sweep(CycleResult(NOON, SweepResult(9_999, _failures(5_000), changes)))
    assert _items(reply, "No answer")[-1] == "and 4,990 more"
    assert len(_items(reply, "Different")) == 11
    assert len(messages(reply)) == 1


@pytest.mark.parametrize(
    ("swept", "status"),
    [
        (SweepResult(6), 0),
        (SweepResult(6, _failures(5)), 0),
        (SweepResult(6, _failures(6)), 1),
        (SweepResult(6, ending=SweepEnd.STOPPED), 1),
        (SweepResult(6, ending=SweepEnd.TAKEN_OVER), 1),
    ],
)
def test_it_fails_only_if_nobody_answered_or_it_could_not_be_done(
    sweep: Sweep, swept: SweepResult, status: int
) -> None:
    assert sweep(CycleResult(NOON, swept)).exit_status == status


def test_progress_counts_up_and_is_told_a_hundred_times_at_most(sweep: Sweep) -> None:
    told: list[Progress] = []
    sweep(CycleResult(NOON, SweepResult(1_000)), told=told)
    assert [progress.done for progress in told] == list(range(0, 1_001, 10))
    assert plain(told[0].said) == "Asking 6 targets …"


SHELL = Caller("shell:ops")


@pytest.mark.parametrize(
    ("words", "as_of", "caller", "rehearsed"),
    [
        ("sweep", None, SHELL, None),
        ("sweep on 2028-11-01", None, Caller("U1"), date(2028, 11, 1)),
        ("sweep on 2026-11-23", None, Caller("U1"), TODAY),
        ("sweep", date(2028, 11, 1), SHELL, date(2028, 11, 1)),
        ("sweep", TODAY, SHELL, TODAY),
        ("sweep on 2028-11-01", TODAY, SHELL, date(2028, 11, 1)),
        ("sweep", TODAY, Caller("U1"), None),  # chat gives today's day with every question
        ("sweep", date(2026, 11, 22), Caller("U1"), date(2026, 11, 22)),
    ],
)
def test_a_sweep_for_which_a_day_is_named_is_only_tried(
    matrix: Matrix, reader: Reader, words: str, as_of: date | None, caller: Caller, rehearsed: date | None
) -> None:
    asked: list[date | None] = []

    def go(day: date | None, _: Report) -> CycleResult:
        asked.append(day)
        return CycleResult(NOON, SweepResult(6), is_dry=day is not None)

    desk = CommandRunner(ports(matrix, reader, fleet(), go), lambda: TODAY)
    reply = desk.run(SWEEP, words.removeprefix("sweep"), ALL, as_of, caller)
    assert asked == [rehearsed]
    assert (reply.data or {})["as_of"] == (rehearsed or TODAY).isoformat()
    assert ("dry" in (reply.data or {})) == (rehearsed is not None)


def test_a_sweep_that_is_only_tried_says_plainly_that_nothing_came_of_it(sweep: Sweep) -> None:
    at = datetime(2028, 12, 1, 12, tzinfo=UTC)
    made = CycleResult(at, SweepResult(6), SETTLED, channels=(ChannelState("C1", 2, NOON),), is_dry=True)
    reply = sweep(made, "sweep on 2028-12-01")
    assert reply.data == {
        "as_of": "2028-12-01", "targets": 6, "failed": 0, "opened": 1, "resolved": 1, "delivered": 0, "pending": 2,
        "dry": True,
    }  # fmt: skip
    said = render(reply, Capabilities())
    assert "Nothing was stored or sent: this is what 1 Dec 2028 would bring." in said
    assert "Sweep done" not in said
    assert _items(reply, "Would be told") == [
        "XCP-ng 8.2 LTS · new, 1 host · channel C1",
        "XCP-ng 8.2 LTS · resolved, 1 host · channel C1",
    ]
    assert _items(reply, "Would be sent") == ["channel C1: 2 messages"]


def test_a_sweep_under_a_clock_in_doubt_says_why_it_decides_nothing(sweep: Sweep) -> None:
    why = "this machine's clock is 800 days ahead of what servers say"
    reply = sweep(CycleResult(NOON, SweepResult(6), doubt=why))
    assert reply.exit_status == 1
    assert reply.summary == f"The sweep decides nothing: {why}; nothing was stored or sent"


def test_it_takes_no_hosts(sweep: Sweep) -> None:
    with pytest.raises(UsageError, match="takes no words but a day"):
        sweep(CycleResult(NOON, SweepResult(6)), "sweep lab-a")


def test_what_is_said_before_names_how_many_are_asked(matrix: Matrix, reader: Reader) -> None:
    desk = CommandRunner(ports(matrix, reader, fleet()), lambda: TODAY)
    said = desk.opening(SWEEP, "", ALL)
    assert not isinstance(said, Reply)
    assert plain(said) == "Asking 6 targets …"


@pytest.mark.parametrize("reason", NotifyReason)
def test_whatever_the_reason_a_sweep_can_say_it(sweep: Sweep, reason: NotifyReason) -> None:
    alert = _alert(17, AlertState.FIRING, reason)
    made = CycleResult(NOON, SweepResult(6, ()), Reconciled((alert,), (Notification(alert, reason, NOON),)))
    assert "xen-2" in str(sweep(made).blocks) or "XCP-ng 8.2 LTS" in str(sweep(made).blocks)


def test_a_xen_orchestra_whose_time_was_over_is_told(matrix: Matrix, reader: Reader) -> None:
    """A sweep in a shell waits for missing updates so long and no longer."""

    class Cut(Orchestras):
        def states(self) -> tuple[OrchestraState, ...]:
            return tuple(OrchestraState(version, NOON, SILENT) for version in self.versions)

    known = ports(matrix, reader, fleet(), lambda _, __: CycleResult(NOON, SweepResult(1)))
    assert known.watched
    said = Cut((orchestra("xo", "5.207.2"),))
    runner = CommandRunner(known._replace(watched=known.watched._replace(orchestras=said)), lambda: TODAY)
    (row,) = _items(runner.run(SWEEP, "", ALL, None, Caller("U1")), "Not all hosts were asked which updates they miss")
    assert row == "xo: its time was over. The hosts that are left are asked first the next time."
