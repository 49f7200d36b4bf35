"""Channels in other zones than UTC: days, thresholds and digests are those of their clocks, around midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import Alert, NotifyReason, Rule
from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.digest import Digest
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.start import Start
from bot.app.schedule import ScheduledJobs
from bot.chat.command import Caller, Invocation
from bot.chat.commands import ACK, ALERTS, SNOOZE, WATCHES
from bot.chat.reply import plain
from bot.chat.start_message import start_message
from bot.chat.transport import reply_for
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.app.conftest import START, House
from tests.app.conftest import Start as Begin

AUCKLAND, HOME, ANGELES = "C0AUCKLAND", "C0HOME", "C0ANGELES"
ZONES = {AUCKLAND: "Pacific/Auckland", ANGELES: "America/Los_Angeles"}  # UTC+13 and UTC-8 in November
CHANNELS = (AUCKLAND, HOME, ANGELES)
PLAN = AlertPlan(routes=tuple(Route(channel, (1, 0), tags=("lab",)) for channel in CHANNELS), zones=ZONES)
ENDS = date(2028, 11, 30)
"""The end of life of XCP-ng 8.3, which the hosts of the lab run."""


@pytest.fixture
def house(start: Begin) -> House:
    house = start(PLAN)
    _at(house, "2028-11-28T10:00Z")
    house.sweep()
    return house


def _at(house: House, moment: str) -> datetime:
    """Time passes until then."""
    at = datetime.fromisoformat(moment)
    house.clock.pass_by((at - house.clock.now) / timedelta(days=1))
    house.clock.set(at)  # what floats lost
    return at


def _ends(house: House, channel: str) -> list[Alert]:
    return [alert for alert in house.open(channel) if alert.rule is Rule.EOL]


def _crossed(house: House) -> dict[str, int | None]:
    return {channel: alert.threshold_days for channel in CHANNELS for alert in _ends(house, channel)}


def test_thresholds_are_crossed_at_each_channels_midnight(house: House) -> None:
    crossed = {}
    for moment in (
        "2028-11-28T10:59Z", "2028-11-28T11:00Z",  # midnight in Auckland
        "2028-11-28T23:59Z", "2028-11-29T00:00Z",
        "2028-11-29T07:59Z", "2028-11-29T08:00Z",  # midnight in Los Angeles
        "2028-11-29T10:59Z", "2028-11-29T11:00Z",
        "2028-11-30T00:00Z", "2028-11-30T07:59Z", "2028-11-30T08:00Z",
    ):  # fmt: skip
        _at(house, moment)
        house.settle()
        crossed[moment[8:16]] = tuple(_crossed(house).values())
    assert crossed == {
        "28T10:59": (), "28T11:00": (1,),
        "28T23:59": (1,), "29T00:00": (1, 1),
        "29T07:59": (1, 1), "29T08:00": (1, 1, 1),
        "29T10:59": (1, 1, 1), "29T11:00": (0, 1, 1),
        "30T00:00": (0, 0, 1), "30T07:59": (0, 0, 1), "30T08:00": (0, 0, 0),
    }  # fmt: skip


def _told(house: House, channel: str) -> list[str]:
    """What waits for a channel, as it is drawn, message by message."""
    outbox, found = house.store.outbox, []
    while delivery := outbox.next(channel):
        reply = reply_for(delivery, house.watched.dataset().matrix, PLAN)
        found.append(render(reply, Capabilities()))
        outbox.sent(delivery, f"1.{delivery.id}", house.clock())
    return found


def test_each_channel_reads_of_its_own_day(house: House) -> None:
    _at(house, "2028-11-29T12:00Z")
    house.settle()
    heads = {}
    for channel in CHANNELS:
        (heads[channel],) = (said.split("\n")[0] for said in _told(house, channel) if said[0] in "⏳☠")
    assert heads == {
        AUCKLAND: "☠️ XCP-ng 8.3 LTS reached end of life on 30 Nov 2028 (today): it gets no security updates",
        HOME: "⏳ XCP-ng 8.3 LTS gets no security updates from 30 Nov 2028: 1 day left",
        ANGELES: "⏳ XCP-ng 8.3 LTS gets no security updates from 30 Nov 2028: 1 day left",
    }


def test_what_is_due_is_due_once_however_often_it_is_evaluated(house: House) -> None:
    for moment in ("2028-11-29T12:00Z", "2028-11-29T12:05Z", "2028-11-29T23:00Z"):
        _at(house, moment)
        house.settle()
        assert house.settle() == ()


def test_a_digest_is_of_the_channels_day_and_counts_hosts_by_it(house: House) -> None:
    at = _at(house, "2028-11-29T12:00Z")
    found = {made.channel: made for made in house.watched.evaluation.digests(at)}
    assert {channel: made.day.day for channel, made in found.items()} == {AUCKLAND: 30, HOME: 29, ANGELES: 29}
    assert [end.day for end in found[AUCKLAND].ended] == [ENDS]
    assert found[AUCKLAND].numbers.eol == 1
    for channel in (HOME, ANGELES):
        assert [end.day for end in found[channel].next] == [ENDS]
        assert found[channel].numbers.eol == 0


def test_digests_come_on_each_zones_monday_morning_once(house: House, log: FilteringBoundLogger) -> None:
    jobs = ScheduledJobs(log, house.watched, None)

    def due(moment: str) -> list[str]:
        """The channels whose digests are queued by what is due then."""
        at = _at(house, moment)
        for zone in PLAN.all_zones:
            job = jobs._digest_job(zone)
            assert job.run(job.due(at))
        return [channel for channel in CHANNELS if house.store.digests.queued(channel, START) != seen[channel]]

    seen: dict[str, object] = dict.fromkeys(CHANNELS, ())
    came = []
    for moment in ("2028-12-03T18:59Z", "2028-12-03T19:00Z", "2028-12-04T07:59Z", "2028-12-04T08:00Z",
                   "2028-12-04T15:59Z", "2028-12-04T16:00Z", "2028-12-04T16:05Z"):  # fmt: skip
        came.append(due(moment))
        seen = {channel: house.store.digests.queued(channel, START) for channel in CHANNELS}
    assert came == [[], [AUCKLAND], [], [HOME], [], [ANGELES], []]
    days = {
        channel: [Digest.from_data(each).day for each in house.store.digests.queued(channel, START)]
        for channel in CHANNELS
    }
    assert days == {channel: [date(2028, 12, 4)] for channel in CHANNELS}


def test_a_day_that_was_planned_is_over_at_the_channels_midnight(start: Begin) -> None:
    house = start(PLAN._replace(routes=tuple(route._replace(lead=(60,)) for route in PLAN.routes)))
    at = _at(house, "2028-11-10T12:00Z")
    house.sweep()
    ids = [alert.id for channel in CHANNELS for alert in _ends(house, channel)]
    planned = AlertAct(AlertAction.ACKNOWLEDGE, "U1", at, planned_for=date(2028, 11, 20))
    assert len(act_on(house.store.alerts, ids, planned)) == len(CHANNELS)
    over = {}
    for moment in ("2028-11-20T10:59Z", "2028-11-20T11:00Z", "2028-11-21T00:00Z", "2028-11-21T07:59Z",
                   "2028-11-21T08:00Z", "2028-11-22T00:00Z"):  # fmt: skip
        _at(house, moment)
        told = house.settle()
        over[moment[8:16]] = [each.alert.channel for each in told if each.reason is NotifyReason.PLAN_OVER]
    assert over == {
        "20T10:59": [], "20T11:00": [AUCKLAND], "21T00:00": [HOME], "21T07:59": [], "21T08:00": [ANGELES],
        "22T00:00": [],
    }  # fmt: skip


def test_days_that_are_typed_are_the_channels(house: House) -> None:
    _at(house, "2028-11-29T12:00Z")  # the 30th in Auckland
    house.settle()
    ports = house.watched.ports()
    for channel, midnight in (
        (AUCKLAND, datetime(2028, 12, 1, 11, tzinfo=UTC)),
        (HOME, datetime(2028, 12, 2, tzinfo=UTC)),
        (ANGELES, datetime(2028, 12, 2, 8, tzinfo=UTC)),
    ):
        number = _ends(house, channel)[0].id
        asked = Invocation(SNOOZE, f"{number} 2028-12-02", house.clock().date(), caller=Caller("U1", channel))
        said = SNOOZE.run(ports, asked)
        assert house.store.alerts.find([number])[0].snoozed_until == midnight
        assert "until 2 Dec 2028" in render(said, Capabilities())
    planned = Invocation(
        ACK, f"{_ends(house, ANGELES)[0].id} planned tomorrow", house.clock().date(), caller=Caller("U1", AUCKLAND)
    )
    ACK.run(ports, planned)
    assert _ends(house, ANGELES)[0].planned_for == date(2028, 12, 1)


def test_the_first_message_and_watches_name_the_zone(house: House) -> None:
    for channel, zone in ((AUCKLAND, "Pacific/Auckland"), (ANGELES, "America/Los_Angeles"), (HOME, None)):
        delivery = house.store.outbox.next(channel)
        assert delivery
        assert delivery.kind is DeliveryKind.START
        said = render(start_message(Start.from_data(delivery.payload)), Capabilities())
        hour = f"08:00 by the clock of {zone}, as all days here" if zone else "08:00 UTC"
        assert f"a digest on Mondays at {hour};" in said
        asked = Invocation(WATCHES, "", house.clock().date(), caller=Caller("U1", channel))
        watches = WATCHES.run(house.watched.ports(), asked)
        shown = render(watches, Capabilities())
        assert (f"What is told here counts days in {zone}." in shown) if zone else ("counts days" not in shown)
        assert (watches.data or {})["zone"] == (zone or "UTC")
        assert plain(watches.headline)


def test_a_day_that_is_named_is_that_day_in_every_zone(house: House) -> None:
    """It is the 30th in Auckland and the 28th in Los Angeles by UTC's clock of the 29th, at one hour or another."""
    for moment in ("2028-11-28T03:00Z", "2028-11-28T20:00Z"):
        _at(house, moment)
        for day, left in ((date(2028, 11, 29), 1), (ENDS, 0)):
            on = house.watched.ports().alerting
            assert on
            assert on.on
            with on.on(day) as book:
                ends = {alert.channel: alert.threshold_days for alert in book.open() if alert.rule is Rule.EOL}
            assert ends == dict.fromkeys(CHANNELS, left)
            result = house.watched.cycle.rehearse(day, lambda _, __: None, house.watched.stop)
            assert (result.at.date(), result.settled.opened) == (day, len(CHANNELS))


def test_alerts_that_are_asked_for_are_of_the_day_where_they_are_asked(house: House) -> None:
    at = _at(house, "2028-11-29T12:00Z")
    house.settle()
    for channel, day, said in ((AUCKLAND, "30 Nov 2028", "(today)"), (ANGELES, "29 Nov 2028", "1 day left")):
        number = next(alert.id for alert in _ends(house, channel))
        caller = Caller("U1", channel)
        listed = ALERTS.run(house.watched.ports(), Invocation(ALERTS, "", at.date(), caller=caller))
        assert f"As of {day}" in render(listed, Capabilities())
        one = render(
            ALERTS.run(house.watched.ports(), Invocation(ALERTS, f"{number}", at.date(), caller=caller)), Capabilities()
        )
        assert said in one
        assert "as of 29 Nov 2028 12:00 UTC" in one
