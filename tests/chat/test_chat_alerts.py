"""The words of alerts: alerts, ack, snooze, watch, unwatch, watches, digest."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from bot.alerts.alert import AffectedHost, AlertState, AlertSubject, Condition, Detail, NotifyReason, Rule
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.routing import AlertPlan, Route
from bot.chat.command import Alerting, Caller, Ports, Right
from bot.chat.interpret import interpret
from bot.chat.reply import Act, Menu, Reply
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.payload import is_channel
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches, settle
from tests.alerts.fleets import LAB, NOW, OPS, TEAM

EVERY = frozenset(Right)
PERSON = Caller("U0123456789", OPS)
SHELL = Caller("shell:ops", None)
PLAIN = Capabilities()
HOSTS = (
    AffectedHost("uuid-2", "xen-2", "lab"),
    AffectedHost("uuid-3", "xen-3", "lab"),
    AffectedHost("uuid-9", "xen-9", "prod"),
)
XCP_82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
CONCERNS = (
    Condition(OPS, Rule.EOL, XCP_82, HOSTS, date(2025, 9, 16), 90),
    Condition(
        TEAM,
        Rule.UNREACHABLE,
        AlertSubject("source:lab-a", "lab-a"),
        (),
        detail=Detail("no_answer", {"since": "2025-06-19T08:00Z", "error": "It did not answer."}),
    ),
)


class Asked(NamedTuple):
    """A desk with two open alerts, and what is behind it."""

    desk: CommandRunner
    book: MemoryBook
    watches: MemoryWatches
    digests: MemoryDigests

    def __call__(self, words: str, caller: Caller = PERSON, day: date | None = None) -> Reply:
        spec, rest = interpret(words)
        return self.desk.run(spec, rest, EVERY, day, caller)

    def said(self, words: str, caller: Caller = PERSON, day: date | None = None) -> str:
        return render(self(words, caller, day), PLAIN)


@pytest.fixture
def ask(matrix: Matrix, reader: Reader) -> Asked:
    return _asked(matrix, reader)


def _asked(matrix: Matrix, reader: Reader) -> Asked:
    book, watches, digests = MemoryBook(), MemoryWatches(), MemoryDigests()
    settle(book, CONCERNS, NOW)
    plan = AlertPlan(OPS, routes=(Route(TEAM, (30, 0), tags=("lab",)),))
    alerting = Alerting(book, watches, digests, plan, lambda: NOW, lambda: (LAB,), is_channel=is_channel)
    return Asked(CommandRunner(Ports(matrix, reader, alerting=alerting), NOW.date), book, watches, digests)


def _states(ask: Asked) -> list[AlertState]:
    return [alert.state for alert in ask.book.find((1, 2))]


def test_open_alerts_are_told_the_worst_first(ask: Asked) -> None:
    said = ask.said("alerts")
    assert said.startswith("2 open alerts")
    assert "XCP-ng 8.2 LTS gets no security updates from 16 Sep 2025: 88 days left" in said
    assert said.index("XCP-ng 8.2") < said.index("lab-a")


def test_the_json_of_alerts_is_the_one_of_the_contract(ask: Asked) -> None:
    ask("ack 1")
    data = json.loads(json.dumps(ask("alerts").data))
    first = data["alerts"][0]
    assert first["id"] == 1
    assert (first["state"], first["reason"], first["product"], first["release"]) == (
        "acknowledged", "new", "XCP-ng", "8.2",
    )  # fmt: skip
    assert (first["threshold_days"], first["eol_on"], first["channel"]) == (90, "2025-09-16", OPS)
    assert (first["opened_at"], first["acknowledged_by"], first["snoozed_until"]) == (
        "2025-06-20T08:00:00Z", "U0123456789", None,
    )  # fmt: skip
    assert [host["name"] for host in first["hosts"]] == ["xen-2", "xen-3", "xen-9"]


@pytest.mark.parametrize(
    "words",
    [
        "1 planned 2025-07-01",
        "1 planned for 2025-07-01",
        "1 planned on 1 Jul 2025",
        "#1, planned for 1.7.2025",
        "1 plan in 11 days",
    ],
)
def test_a_day_that_is_planned_is_kept_and_shown(ask: Asked, words: str) -> None:
    said = ask.said(f"ack {words}")
    assert "acknowledged, planned for 1 Jul 2025" in said
    assert _states(ask) == [AlertState.ACKNOWLEDGED, AlertState.FIRING]
    assert "on 20 Jun 2025, planned for 1 Jul 2025" in ask.said("alerts")
    data = [(each["id"], each["planned_for"], each["planned_by"]) for each in (ask("alerts").data or {})["alerts"]]
    assert data == [(1, "2025-07-01", "U0123456789"), (2, None, None)]
    assert "planned for 1 Jul 2025" in ask.said("alerts 1")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("1 planned", "for which day"),
        ("1 planned soon", "no day to plan for"),
        ("1 planned 2025-02-30", "no day to plan for"),
        ("1 planned 2025-06-19", "is over"),
        ("planned 2025-07-01", "is no alert's ID"),
        ("1 2025-07-01", "ack 1 planned 2025-07-01"),
        ("1 on 2025-07-01", 'takes no "on DATE"'),
    ],
)
def test_what_is_no_day_to_plan_for_does_nothing(ask: Asked, words: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        ask(f"ack {words}")
    assert _states(ask) == [AlertState.FIRING, AlertState.FIRING]


def test_a_plan_stays_with_an_alert_that_was_acknowledged_already(ask: Asked) -> None:
    ask("ack 1")
    assert (ask("ack 1 planned 2025-07-01", Caller("U2", OPS)).data or {})["changed"] == [1]
    assert (ask("ack 1 planned 2025-07-01").data or {})["changed"] == []
    assert "acknowledged by U0123456789 on 20 Jun 2025, planned for 1 Jul 2025 by U2" in ask.said("alerts")


def one_stopped() -> tuple[ChannelState, ...]:
    """A channel that is stopped, and another one that only waits."""
    why = "Slack answered not_in_channel: the bot is not in the channel: type /invite @xocompat there"
    stopped = ChannelState(TEAM, 1, NOW, stopped_code="not_in_channel", stopped=why, stopped_at=NOW)
    return (ChannelState(OPS, 3, NOW), stopped)


def test_a_channel_that_is_stopped_is_told_with_its_remedy(ask: Asked) -> None:
    alerting = ask.desk.ports.alerting
    assert alerting
    ports = ask.desk.ports._replace(alerting=alerting._replace(channels=one_stopped))
    asked = ask._replace(desk=ask.desk._replace(ports=ports))
    said = asked.said("alerts")
    assert f"not delivered: {TEAM} (1 message waits). Slack answered not_in_channel" in said
    assert "type /invite @xocompat there." in said
    assert OPS not in said.split("Alert ")[0]
    assert [each["channel"] for each in (asked("alerts").data or {})["stopped"]] == [TEAM]
    assert (ask("alerts").data or {})["stopped"] == []


def test_a_channel_that_pauses_after_a_failure_is_told_with_its_next_try(ask: Asked) -> None:
    alerting = ask.desk.ports.alerting
    assert alerting
    paused = ChannelState(OPS, 2, NOW, not_before=alerting.now() + timedelta(seconds=30), tries=1)
    ports = ask.desk.ports._replace(alerting=alerting._replace(channels=lambda: (paused,)))
    said = ask._replace(desk=ask.desk._replace(ports=ports)).said("alerts")
    assert f"waiting: {OPS} (2 messages wait). The last try failed; the next one is at " in said


def test_what_ended_is_told_on_demand(ask: Asked) -> None:
    settle(ask.book, CONCERNS[:1], NOW)
    assert len((ask("alerts").data or {})["alerts"]) == 1
    assert "1 open alert  1 resolved" in ask.said("alerts all")


def test_no_open_alert_is_good_news(ask: Asked) -> None:
    settle(ask.book, (), NOW)
    assert ask("alerts").summary == "no open alerts"


def test_one_alert_is_told_in_full(ask: Asked) -> None:
    said = ask.said("alerts 1")
    assert "3 hosts in 2 pools: xen-2, xen-3 (lab), xen-9 (prod)" in said
    assert "Next step: plan the upgrade to XCP-ng 8.3 LTS" in said


@pytest.mark.parametrize("words", ["ack 1", "ack #1", "ack 1,", "ack `1`"])
def test_an_alert_is_acknowledged_in_the_askers_name(ask: Asked, words: str) -> None:
    assert ask(words).summary == "acknowledged: alert 1"
    (alert,) = ask.book.find((1,))
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_at) == (AlertState.ACKNOWLEDGED, PERSON.name, NOW)


def test_several_are_acknowledged_at_once(ask: Asked) -> None:
    assert ask("ack 1, #2").summary == "acknowledged: alerts 1 and 2"
    assert _states(ask) == [AlertState.ACKNOWLEDGED] * 2


def test_acknowledging_twice_says_who_did_it_first(ask: Asked) -> None:
    ask("ack 1")
    again = ask.said("ack 1", SHELL)
    assert again.startswith("Nothing changed for alert 1")
    assert "already acknowledged by U0123456789 on 20 Jun 2025" in again


@pytest.mark.parametrize(
    ("words", "ids", "note"),
    [
        ("ack 1 waiting for new hardware", (1,), "waiting for new hardware"),
        ("ack #1, 2 OPS-17 has it", (1, 2), "OPS-17 has it"),
        ("ack 1 and 2: 3 hosts wait", (1, 2), "3 hosts wait"),
        ("ack 1: 2 hosts wait", (1,), "2 hosts wait"),
        ("ack 1 2nd rack is moved", (1,), "2nd rack is moved"),
        ("ack 1 8.2 goes on 2026-12-01", (1,), "8.2 goes on 2026-12-01"),
        (
            "ack `1` see <https://t.example/OPS_17|OPS_17>, ask <@U1|ann>",
            (1,),
            "see https://t.example/OPS_17, ask @ann",
        ),
        ("ack 1 a &lt; b &amp;amp; c", (1,), "a < b &amp; c"),
        ("ack 1 two\nlines\tand \x1b[31mred", (1,), "two lines and red"),
        ("ack 1 " + "n" * 300, (1,), "n" * 300),
    ],
)
def test_what_stands_behind_the_ids_is_a_note(ask: Asked, words: str, ids: tuple[int, ...], note: str) -> None:
    said = ask.said(words, SHELL)
    assert f"Note by shell:ops: {note[:40]}" in said
    assert [each.id for each in ask.book.find((1, 2)) if each.note == note] == list(ids)
    assert [each.id for each in ask.book.find((1, 2)) if each.state is AlertState.ACKNOWLEDGED] == list(ids)
    first = next(each for each in (ask("alerts").data or {})["alerts"] if each["id"] == 1)
    assert (first["note"], first["noted_by"]) == (note, "shell:ops")
    assert f"Note by shell:ops: {note[:20]}" in ask.said("alerts")


def test_a_note_stays_until_another_takes_its_place_and_says_whose_it_is(ask: Asked) -> None:
    ask("ack 1 mine")
    assert ask("ack 1", SHELL).summary == "Nothing changed for alert 1"
    assert ask("ack 1 theirs", SHELL).summary == "noted: alert 1"
    said = ask.said("alerts 1")
    assert "acknowledged by U0123456789 on 20 Jun 2025" in said
    assert "Note by shell:ops: theirs" in said
    assert "mine" not in said
    ask("snooze 1 7d")
    assert ask.book.find((1,))[0].note == "theirs"
    assert [each.alert.note for each in ask.book.updates if each.reason is NotifyReason.NOTE] == ["mine", "theirs"]


def test_what_ended_can_not_be_acknowledged(ask: Asked) -> None:
    settle(ask.book, (), NOW)
    assert "already resolved on 20 Jun 2025" in ask.said("ack 1")


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("snooze 1 7d", NOW + timedelta(days=7)),
        ("snooze 1 1w", NOW + timedelta(days=7)),
        ("snooze #1 for 1 week", NOW + timedelta(days=7)),
        ("snooze 1, 2 12h", NOW + timedelta(hours=12)),
        ("snooze 1 2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("snooze 1 until 2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("snooze 1 2026-12-31T15:30Z", datetime(2026, 12, 31, 15, 30, tzinfo=UTC)),
        ("snooze 1 next", None),
        ("snooze 1 until the next threshold", None),
    ],
)
def test_an_alert_is_snoozed(ask: Asked, words: str, until: datetime | None) -> None:
    assert ask(words).summary.startswith("snoozed: alert")
    (alert,) = ask.book.find((1,))
    assert (alert.state, alert.snoozed_by, alert.snoozed_until) == (AlertState.SNOOZED, PERSON.name, until)


@pytest.mark.parametrize("words", ["ack 1", "snooze 1 7d"])
@pytest.mark.parametrize("day", [date(2025, 7, 1), NOW.date()])
def test_what_is_done_is_done_now_and_takes_no_day(ask: Asked, words: str, day: date) -> None:
    with pytest.raises(UsageError, match="acts now and takes no --as-of: leave it out"):
        ask(words, SHELL, day)
    with pytest.raises(UsageError, match='acts now and takes no "on DATE"'):
        ask(f"{words} on 2025-07-01")
    assert _states(ask) == [AlertState.FIRING] * 2
    assert ask(words, PERSON, NOW.date()).exit_status == 0  # chat gives today's day with every question


@pytest.mark.parametrize("words", ["watch all", "digest off"])
def test_a_day_beside_the_words_does_not_date_what_is_kept(ask: Asked, words: str) -> None:
    ask(words, SHELL, date(2028, 12, 1))
    assert all(watch.at == NOW for watch in ask.watches.all())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("ack", "Say which alert, for example: ack 17"),
        ("ack foo", '"foo" is no alert\'s ID'),
        ("ack 17-19", '"17-19" is no alert'),
        ("ack 1 as of 2026-12-01", "acts now and takes no"),
        ("ack 1 " + "n" * 301, "A note has 300 characters at most, this one 301"),
        ("snooze 1 2026-02-30T10:00Z", "is not a day"),
        ("snooze 1 2025-06-20T07:59Z", "must end after now"),
        ("ack 99", r"There is no alert 99\. Open: 1 \(XCP-ng 8.2 LTS\), 2 \(lab-a\)"),
        ("alerts 99", "There is no alert 99"),
        ("alerts nonsense", "is no alert's ID"),
        ("snooze", "Say which alert"),
        ("snooze 1", "Alert 1: say for how long: 7d"),
        ("snooze 1 soon", '"soon" is no time to snooze'),
        ("snooze 1 0d", "must end after now"),
        ("snooze 1 2025-06-20", "must end after now"),
        ("snooze 1 2024-01-01", "must end after now"),
        ("snooze 1 2026-02-30", "is not a day"),
        ("snooze 1 999999w", "3650 days at most"),
        ("snooze 1 2099-01-01", "3650 days at most"),
        ("snooze 2 next", "Alert 2 has no further threshold"),
        ("snooze 99 7d", "There is no alert 99"),
        ("watch", "Say what, for example: watch XCP-ng 8.3"),
        ("watch pool", "Say which pool"),
        ("watch all lead", "Say how many days before"),
        ("watch all lead soon", '"soon" is no lead'),
        ("watch all lead 90", '"90" is no lead'),
        ("watch all lead 99999w", "at most"),
        ("watch XCP-ng 8.3 on 2028-01-01", "A watch has no day"),
        ("unwatch all lead 90d", "takes no lead"),
        ("watches all", "`watches` takes nothing"),
        ("digest maybe", "neither on nor off"),
    ],
)
def test_words_that_can_not_be_followed_say_what_is_wrong(ask: Asked, words: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ask(words)
    assert _states(ask) == [AlertState.FIRING] * 2
    assert ask.watches.all() == ()


def test_an_unknown_id_among_others_changes_nothing(ask: Asked) -> None:
    with pytest.raises(UsageError, match="no alert 99"):
        ask("ack 1 99")
    assert _states(ask) == [AlertState.FIRING] * 2


def test_in_a_shell_the_channel_says_whose_alerts_are_meant(ask: Asked) -> None:
    with pytest.raises(UsageError, match=f"Alert 1 is in {OPS}"):
        ask("ack 1", Caller("shell:ops", TEAM))
    assert ask("ack 1", Caller("shell:ops", OPS)).summary == "acknowledged: alert 1"


@pytest.mark.parametrize(
    ("words", "kind", "what", "lead"),
    [
        ("watch XCP-ng 8.2", "release", "XCP-ng 8.2", None),
        ("watch xcp 8.2.1 lead 90d", "release", "XCP-ng 8.2", (90, 0)),
        ("watch pool LAB lead 90d,30d", "pool", "lab", (90, 30, 0)),
        ("watch pool lab lead 30d, 2w", "pool", "lab", (30, 14, 0)),
        ('watch pool "pool-lab"', "pool", "pool-lab", None),
        ("watch all lead 0d", "all", "", (0,)),
        ("watch ALL", "all", "", None),
    ],
)
def test_a_channel_watches(ask: Asked, words: str, kind: str, what: str, lead: tuple[int, ...] | None) -> None:
    assert ask(words).exit_status == 0
    (watch,) = ask.watches.all()
    assert (watch.channel, watch.kind, watch.what, watch.lead) == (OPS, kind, what, lead)
    assert (watch.by, watch.at) == (PERSON.name, NOW)


def test_a_watch_is_told_with_its_days(ask: Asked) -> None:
    said = ask.said("watch XCP-ng 8.2 lead 90d,30d")
    assert said.startswith(f"👀 watching: {OPS} is told about XCP-ng 8.2, with or without hosts")
    assert "90 and 30 days before and on the day; what is due already comes within a few minutes." in said
    assert "The end of life of XCP-ng 8.2 LTS is 16 Sep 2025 (in 88 days)." in said
    assert "watching already" in ask.said("watch XCP-ng 8.2 lead 90d,30d")


def test_a_pool_that_nobody_knows_can_be_watched(ask: Asked) -> None:
    assert 'No known pool is called "nosuch" now' in ask.said("watch pool nosuch")
    ask("watch pool NOSUCH lead 30d")
    assert [(watch.what, watch.lead) for watch in ask.watches.all()] == [("nosuch", (30, 0))]


@pytest.mark.parametrize(
    ("words", "kind"), [("watch foo", "unknown"), ("watch 8.2", "ambiguous"), ("watch XCP-ng 9.9", "unknown")]
)
def test_what_names_no_release_is_asked_back(ask: Asked, words: str, kind: str) -> None:
    reply = ask(words)
    assert (reply.exit_status, kind in reply.kind) == (3, True)
    assert all(button.words.startswith("watch ") for button in reply.buttons)
    assert ask.watches.all() == ()


def test_a_shell_watches_for_the_default_channel_unless_it_says_another(ask: Asked) -> None:
    ask("watch all", SHELL)
    ask("watch all", Caller("shell:ops", TEAM))
    assert [(watch.channel, watch.by) for watch in ask.watches.all()] == [(OPS, "shell:ops"), (TEAM, "shell:ops")]
    with pytest.raises(UsageError, match="no channel's ID"):
        ask("watch all", Caller("shell:ops", "#general"))


def test_what_is_watched_can_be_undone(ask: Asked) -> None:
    for words in ("watch all", "watch pool Lab", "watch XCP-ng 8.2"):
        ask(words)
    assert "Still watched here: pool lab, XCP-ng 8.2." in ask.said("unwatch all")
    assert "not watched any more" in ask.said("unwatch pool LAB")
    assert "does not watch pool lab" in ask.said("unwatch pool lab")
    assert "Nothing is watched here now" in ask.said("unwatch XCP-ng 8.2.1")


def test_watches_tell_what_the_configuration_sends_too(ask: Asked) -> None:
    ask("watch XCP-ng 8.3 lead 90d")
    said = ask.said("watches")
    assert "XCP-ng 8.3, with or without hosts: 90 days before and on the day, by U0123456789 on 20 Jun 2025" in said
    assert "what no route takes: 365, 180, 90, 30 and 7 days before and on the day" in said
    there = ask.said("watches", PERSON._replace(channel=TEAM))
    assert "hosts with the tag lab: 30 days before and on the day" in there


def test_the_worst_alert_can_be_acknowledged_where_all_are_shown(ask: Asked) -> None:
    button = ask("alerts").buttons[0]
    assert isinstance(button, Act)
    worst = int(button.words.removeprefix("ack "))
    assert button.label == f"Acknowledge {worst}"
    ask(button.words)
    assert [alert.id for alert in ask.book.open() if alert.state is AlertState.ACKNOWLEDGED] == [worst]
    following = ask("alerts").buttons[0]
    assert isinstance(following, Act)
    assert following.words != button.words
    ask(following.words)
    assert not any(isinstance(each, Act) for each in ask("alerts").buttons)


def test_who_may_not_operate_has_no_button_to_acknowledge(ask: Asked) -> None:
    spec, rest = interpret("alerts")
    reply = ask.desk.run(spec, rest, frozenset({Right.LOOKUP, Right.FLEET}), None, PERSON)
    assert not any(isinstance(each, Act) for each in reply.buttons)


def test_what_is_watched_has_a_button_to_stop_and_several_have_a_menu(ask: Asked) -> None:
    assert ask("watches").buttons == ()
    ask("watch XCP-ng 8.3")
    (button,) = ask("watches").buttons
    assert (button.label, button.words) == ("Stop watching", "unwatch XCP-ng 8.3")
    ask("watch pool lab")
    (menu,) = ask("watches").buttons
    assert isinstance(menu, Menu)
    assert [entry.label for entry in menu.entries] == ["XCP-ng 8.3", "pool lab"]
    for entry in menu.entries:
        ask(entry.words)
    assert ask("watches").buttons == ()


def test_the_digest_is_on_until_it_is_turned_off(ask: Asked) -> None:
    assert ask("digest").summary.startswith("weekly digest on")
    assert ask("digest off").summary.startswith("weekly digest off")
    assert not ask.digests.is_on(OPS)
    assert ask.digests.is_on(TEAM)
    assert ask("digest ON").data == {"channel": OPS, "digest": True}


@pytest.mark.parametrize("words", ["alerts", "ack 1", "snooze 1 7d", "watch all", "unwatch all", "watches", "digest"])
def test_without_a_database_there_are_no_alerts(desk: CommandRunner, words: str) -> None:
    with pytest.raises(UsageError, match="There is no database here"):
        desk.answer(words, EVERY)


@pytest.mark.parametrize("words", ["ack 1", "snooze 1 7d", "watch all", "unwatch all", "watches", "digest off"])
def test_acting_takes_the_right_to_operate(ask: Asked, words: str) -> None:
    spec, rest = interpret(words)
    reply = ask.desk.run(spec, rest, EVERY - {Right.OPERATE}, caller=PERSON)
    assert (reply.kind, reply.exit_status) == ("refused", 1)
    assert _states(ask) == [AlertState.FIRING] * 2


@checked(max_examples=200, deadline=None)
@given(
    command=st.sampled_from(["alerts", "ack", "snooze", "watch", "unwatch", "watches", "digest"]),
    words=st.text(max_size=60)
    | st.from_regex(r"(#?[0-9]{1,12}[ ,]?){0,3}(next|[0-9]{1,8}[dwh]|[0-9-]{10})?", fullmatch=True),
)
def test_any_words_get_a_reply_or_one_line(matrix: Matrix, reader: Reader, command: str, words: str) -> None:
    ask = _asked(matrix, reader)
    try:
        said: Sequence[str] = (ask(f"{command} {words}").summary,)
    except UsageError as error:
        said = error.lines
    assert len(said) == 1
    assert said[0].isprintable()
