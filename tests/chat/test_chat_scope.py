"""A grant for one channel reaches that channel's alerts, hosts, watches and audit, whatever words are typed there."""

import re
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest

from bot.alerts.alert import AffectedHost, Alert, AlertState, AlertSubject, Notification, NotifyReason, Reconciled, Rule
from bot.alerts.cycle import CycleResult
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.facts import NO_DETAIL
from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import AlertPlan, Route
from bot.chat.audit import AuditEntry
from bot.chat.command import Alerting, Caller, Ports, Progress, Right
from bot.chat.commands import COMMANDS
from bot.chat.interpret import interpret
from bot.chat.reply import Reply, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.fleet.hosts import Change, ChangeKind, Source, SourceKind
from bot.fleet.sites import KnownSites, Site
from bot.fleet.sweep import Report, SweepResult
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import Failure, FailureCode
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches
from tests.chat.fleet import AWAY, NOON, fleet, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host

ALL = frozenset(Right)
GRANTED = frozenset({Right.FLEET, Right.OPERATE})
OPS, LAB, EMPTY = "C0OPS", "C0LAB", "C0EMPTY"
ANN = Caller("U1", LAB, GRANTED)
BOB = Caller("U2", OPS)
PLAIN = Capabilities()
PLAN = AlertPlan(OPS, routes=(Route(LAB, (30, 0), tags=("lab",)),))
OTHERS = ("archive", "prod", "old-a", "new-a", "xen-11", "xen-12", "XenServer", "C0OPS", "U2")
"""What nobody in the lab's channel may come to see."""


def _alert(number: int, channel: str, name: str, state: AlertState = AlertState.FIRING) -> Alert:
    subject = AlertSubject(f"release:{name}", name, *name.split())
    hosts = (AffectedHost(f"uuid-{channel}", f"host-{channel}", "lab pool" if channel == LAB else "prod"),)
    ended = NOON if state is AlertState.RESOLVED else None
    reason = NotifyReason.RESOLVED if ended else NotifyReason.NEW
    made = Alert(
        number, channel, Rule.EOL, subject, hosts, date(2025, 9, 16), 0, NO_DETAIL, False, state, reason, NOON, NOON
    )
    return made._replace(resolved_at=ended)


ALERTS = (
    _alert(16, LAB, "XCP-ng 8.2"),
    _alert(17, OPS, "XenServer 7.2"),
    _alert(18, OPS, "XenServer 7.1", AlertState.RESOLVED),
)


class Trail:
    """An audit trail that a test fills."""

    def __init__(self, *entries: AuditEntry) -> None:
        self._entries = entries

    def record(self, entry: AuditEntry) -> None:
        raise AssertionError(f"nothing is recorded here: {entry}")

    def find(self, words: Iterable[str], limit: int, where: str | None = None) -> tuple[AuditEntry, ...]:  # noqa: ARG002
        return tuple(entry for entry in self._entries if where in (None, entry.where))[:limit]


ENTRIES = (
    AuditEntry(NOON, "U2", "T1", OPS, "command", "ack", "ack 17", "ack", 1.0),
    AuditEntry(NOON, "U1", "T1", LAB, "command", "fleet", "fleet", "fleet", 1.0),
    AuditEntry(NOON, "shell:ops", None, None, "shell", "sweep", "", "sweep", 1.0),
)


STOPPED = tuple(
    ChannelState(channel, 3, NOON, stopped_code="x", stopped=f"Invite me to {channel}") for channel in (OPS, LAB)
)
"""Two channels whose messages are not taken."""


def _swept(_: date | None, tell: Report) -> CycleResult:
    tell(3, 6)
    old, down = (Failure(n, FailureCode.UNREACHABLE, AWAY.format(n)) for n in ("old-a", "down-a"))
    changes = (
        Change(NOON, ChangeKind.UPGRADED, "prod-a", "uuid-xen-11", "xen-11", "prod", "8.3", "8.4"),
        Change(NOON, ChangeKind.UPGRADED, "lab-a", "uuid-xen-1", "xen-1", "lab pool", "8.2", "8.3"),
        Change(NOON, ChangeKind.POOL_MIXED, "prod-a", "pool-prod", None, "prod"),
        Change(NOON, ChangeKind.POOL_MIXED, "lab-a", "pool-lab pool", None, "lab pool"),
        Change(NOON, ChangeKind.UNREACHABLE, "old-a"),
        Change(NOON, ChangeKind.UNREACHABLE, "down-a"),
    )
    told = tuple(Notification(alert, alert.reason, NOON) for alert in ALERTS)
    return CycleResult(NOON, SweepResult(6, (old, down), changes), Reconciled(ALERTS, told), channels=STOPPED)


@pytest.fixture
def runner(matrix: Matrix, reader: Reader) -> CommandRunner:
    watches = MemoryWatches([Watch(OPS, WatchKind.POOL, "prod"), Watch(LAB, WatchKind.POOL, "mine")])
    book = MemoryBook(ALERTS)
    alerting = Alerting(
        book, watches, MemoryDigests(), PLAN, lambda: NOON, frozenset, lambda: STOPPED, on=lambda _: nullcontext(book)
    )
    every: Ports = ports(matrix, reader, fleet(), _swept)
    assert every.watched
    watched = every.watched._replace(sites=lambda: KnownSites((Site("prod", NOON), Site("prod-a"))))
    return CommandRunner(every._replace(alerting=alerting, audit=Trail(*ENTRIES), watched=watched), NOON.date)


def _ask(runner: CommandRunner, words: str, caller: Caller = ANN, told: list[Progress] | None = None) -> Reply:
    spec, rest = interpret(words)
    return runner.run(spec, rest, ALL, None, caller, ([] if told is None else told).append)


def _said(reply: Reply) -> str:
    return f"{render(reply, PLAIN)} {reply.data}"


TYPED = [
    "alerts", "alerts all", "alerts 16", "ack 16", "snooze 16 7d", "watches", "digest", "digest off",
    "alerts on 2030-01-01", "sweep on 2030-01-01", "fleet", "fleet lab", "fleet unreachable", "fleet on 2030-01-01",
    "sweep", "audit", "sites", "patches",
]  # fmt: skip


@pytest.mark.parametrize("words", TYPED)
def test_nothing_of_another_channel_is_shown_under_a_grant_for_one(runner: CommandRunner, words: str) -> None:
    said = _said(_ask(runner, words))
    assert [other for other in OTHERS if re.search(rf"(?<![\w-]){other}(?![\w-])", said)] == []
    assert _said(_ask(runner, words.replace("16", "17"), BOB)) != said  # to whom it is granted everywhere


def test_every_command_that_such_a_right_opens_is_tried_here() -> None:
    opened = {name for name, spec in COMMANDS.items() if spec.right in GRANTED}
    assert opened == {words.split()[0] for words in TYPED} | {
        "watch",
        "unwatch",
        "xo",
    }  # these have a test of their own


def test_a_xen_orchestra_that_leads_elsewhere_is_none(runner: CommandRunner) -> None:
    watched = runner.ports.watched
    assert watched
    sources = (*watched.sources, Source("centre", SourceKind.XEN_ORCHESTRA))
    every = runner._replace(ports=runner.ports._replace(watched=watched._replace(sources=sources)))
    reply = _ask(every, "xo centre")
    assert (reply.summary, reply.exit_status) == ("No Xen Orchestra leads to this channel.", 3)
    assert (reply.data or {})["orchestras"] == []
    assert [each["name"] for each in (_ask(every, "xo", BOB).data or {})["orchestras"]] == ["centre"]


@pytest.mark.parametrize("words", ["alerts 17", "ack 17", "snooze 17 7d", "snooze 17 next", "ack 16 17", "alerts 18"])
def test_an_alert_of_another_channel_is_none_and_stays_as_it_is(runner: CommandRunner, words: str) -> None:
    number = "18" if "18" in words else "17"
    with pytest.raises(UsageError, match=f"There is no alert {number}. Open: 16 "):
        _ask(runner, words)
    assert runner.ports.alerting
    assert runner.ports.alerting.book.find((16, 17, 18)) == ALERTS


def test_alerts_of_the_channel_can_be_acknowledged(runner: CommandRunner) -> None:
    assert (_ask(runner, "ack 16").data or {})["changed"] == [16]


def _names(reply: Reply) -> set[str]:
    return {host["name"] for host in (reply.data or {})["hosts"]}


def test_a_fleet_has_the_hosts_and_targets_that_lead_to_the_channel(runner: CommandRunner) -> None:
    reply = _ask(runner, "fleet")
    data: dict[str, Any] = dict(reply.data or {})
    assert _names(reply) == {"xen-1", "xen-2", "spare-1"}
    assert [target["name"] for target in data["targets"]] == ["lab-a", "down-a", "dead-a"]
    assert (data["sweep"]["targets"], data["sweep"]["failed"]) == (3, 2)
    assert "3 hosts in 2 pools" in plain(reply.headline)


def test_hosts_that_the_channel_watches_are_its_own_too(runner: CommandRunner) -> None:
    assert runner.ports.alerting
    runner.ports.alerting.watches.add(Watch(LAB, WatchKind.RELEASE, "XenServer 7.2", "XenServer", "7.2"))
    assert _names(_ask(runner, "fleet")) == {"xen-1", "xen-2", "spare-1", "archive-1"}


def test_a_channel_that_no_host_leads_to_sees_none_and_is_told_so(runner: CommandRunner) -> None:
    reply = _ask(runner, "fleet", Caller("U1", EMPTY, GRANTED))
    assert _names(reply) == set()
    assert (
        reply.summary
        == "No host leads to this channel: add a route under alerts to the configuration, or watch something"
    )


def test_without_routes_nothing_leads_to_any_channel(runner: CommandRunner) -> None:
    alone = runner._replace(ports=runner.ports._replace(alerting=None))
    assert _names(_ask(alone, "fleet")) == set()


def test_a_sweep_asks_all_and_tells_of_the_channels_own(runner: CommandRunner) -> None:
    told: list[Progress] = []
    reply = _ask(runner, "sweep", told=told)
    assert reply.summary == "Sweep done: 1 of 3 targets did not answer"
    assert [(plain(each.said), each.done, each.total) for each in told] == [("Asking 3 targets …", 1, 3)]
    data = reply.data or {}
    assert {key: data[key] for key in ("targets", "failed", "opened", "resolved", "pending")} == {
        "targets": 3, "failed": 1, "opened": 1, "resolved": 0, "pending": 3,
    }  # fmt: skip
    said = _said(reply)
    assert [name for name in ("xen-1", "lab pool", "down-a") if name in said] == ["xen-1", "lab pool", "down-a"]


def test_a_sweep_from_a_channel_that_nothing_leads_to_is_made_and_tells_nothing(runner: CommandRunner) -> None:
    reply = _ask(runner, "sweep", Caller("U1", EMPTY, GRANTED))
    assert reply.summary == "Sweep done: none of the targets leads to this channel"
    assert (reply.blocks, reply.exit_status) == ((), 0)


def test_an_audit_has_the_entries_of_the_channel(runner: CommandRunner) -> None:
    assert [entry["who"] for entry in (_ask(runner, "audit").data or {})["entries"]] == ["U1"]


def test_watches_are_set_and_ended_in_the_channel_itself(runner: CommandRunner) -> None:
    assert runner.ports.alerting
    _ask(runner, "watch pool lab pool lead 30d")
    _ask(runner, "watch pool mine lead 7d")  # which it watches already
    _ask(runner, "watch XCP-ng 8.3")
    _ask(runner, "unwatch pool lab pool")
    _ask(runner, "unwatch pool prod")
    left = {(watch.channel, watch.what, watch.lead) for watch in runner.ports.alerting.watches.all()}
    assert left == {(LAB, "mine", (7, 0)), (LAB, "XCP-ng 8.3", None), (OPS, "prod", None)}


@pytest.mark.parametrize("words", ["all", "all lead 30d", "pool prod", "pool nope", "pool pool-prod"])
def test_a_watch_leads_no_pool_of_others_here_and_does_not_say_which_there_are(
    runner: CommandRunner, words: str
) -> None:
    assert runner.ports.alerting
    before = runner.ports.alerting.watches.all()
    with pytest.raises(UsageError, match=r"^Your grant is for this channel alone: here you may watch releases, and "):
        _ask(runner, f"watch {words}")
    assert runner.ports.alerting.watches.all() == before
    everywhere = ANN._replace(scoped=frozenset({Right.FLEET}))
    assert (_ask(runner, f"watch {words}", everywhere).data or {})["added"] == 1


def test_a_right_that_holds_everywhere_is_not_narrowed_by_another_that_does_not(runner: CommandRunner) -> None:
    """May see the fleet everywhere, may operate in one channel."""
    ann = ANN._replace(scoped=frozenset({Right.OPERATE}))
    assert "archive-1" in _names(_ask(runner, "fleet", ann))
    with pytest.raises(UsageError, match="There is no alert 17"):
        _ask(runner, "ack 17", ann)


def test_what_can_be_said_before_a_sweep_tells_of_the_channels_own_too(runner: CommandRunner) -> None:
    opening = runner.opening(COMMANDS["sweep"], "", ALL, None, ANN)
    assert not isinstance(opening, Reply)
    assert plain(opening) == "Asking 3 targets …"


def test_a_grant_for_one_channel_shows_of_a_site_what_leads_there(matrix: Matrix, reader: Reader) -> None:
    """`fleet paris` and the names of its targets: of two, only one has the tag that leads to the lab's channel."""
    store, sweeps = FakeStore(), FakeSweepLog()
    targets = tuple(
        Source(name, SourceKind.SITE, (tag,)) for name, tag in (("paris/lab-a", "lab"), ("paris/prod-a", "prod"))
    )
    names = ("xen-1", "xen-11")
    store.record(
        tuple(answered(one, NOON, host(name), pool=name) for one, name in zip(targets, names, strict=True)), NOON
    )
    every = ports(matrix, reader, (store, sweeps))
    assert every.watched
    alerting = Alerting(MemoryBook(()), MemoryWatches([]), MemoryDigests(), PLAN, lambda: NOON, frozenset, lambda: ())
    watched = every.watched._replace(sources=targets)
    runner = CommandRunner(every._replace(alerting=alerting, watched=watched), NOON.date)

    def seen(caller: Caller) -> list[tuple[str, str]]:
        data: Any = _ask(runner, "fleet paris", caller).data
        return sorted((each["name"], each["site"]) for each in data["hosts"])

    assert seen(ANN) == [("xen-1", "paris")]
    assert seen(BOB) == [("xen-1", "paris"), ("xen-11", "paris")]
