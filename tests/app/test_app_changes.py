"""The configuration changes between two runs: what it does not lead to any more ends, and says why."""

from bot.alerts.alert import AlertState, Notification, NotifyReason, Rule
from bot.alerts.routing import AlertPlan, Route
from bot.simulator import Simulator
from tests.app.conftest import OPS, TEAM, Clock, House, Start

XCP = "XCP-ng 8.2 LTS"
OF_PROD = AlertPlan(OPS, routes=(Route(TEAM, (30, 0), tags=("prod",)),))


def test_a_target_that_is_removed_closes_its_alerts_with_that_reason(start: Start) -> None:
    start().sweep()
    house = start(without=("xen-2",))
    house.sweep()
    assert [alert.subject.name for alert in house.open()] == ["XenServer 7.2"] * 2
    assert house.ended() == {f"eol {XCP}": "no host runs it any more (xen-2 removed from the configuration)"}


def test_a_target_that_did_not_answer_is_removed(start: Start, hosts: Simulator) -> None:
    house = start()
    hosts["xen-2"].go_down()
    for _ in range(3):
        house.sweep()
    assert Rule.UNREACHABLE in {alert.rule for alert in house.open()}
    house = start(without=("xen-2",))
    house.sweep()
    assert house.ended() == {"unreachable xen-2": "xen-2 was removed from the configuration"}


def test_a_host_that_another_target_still_sees_stays_watched(start: Start) -> None:
    start().sweep()
    house = start(without=("xen-1", "old-1"))
    house.sweep()
    assert [watched.host.name for watched in house.store.fleet.hosts()] == ["xen-2"]
    assert [alert.subject.name for alert in house.open()] == [XCP]


def test_a_route_that_is_removed_ends_what_it_led_there_and_the_default_channel_is_told(start: Start) -> None:
    start(OF_PROD).sweep()
    house = start()
    house.settle()
    assert house.open(TEAM) == []
    assert house.ended()[f"eol {XCP}"] == "no route and no watch leads to this channel any more"
    assert {alert.subject.name for alert in house.open()} == {XCP, "XenServer 7.2"}


def test_a_route_that_is_new_takes_over(start: Start) -> None:
    start().sweep()
    house = start(OF_PROD)
    told = house.settle()
    assert {(each.alert.channel, each.reason) for each in told} == {
        (OPS, NotifyReason.RESOLVED),
        (TEAM, NotifyReason.NEW),
    }
    assert house.open() == []


def test_a_lead_that_is_tighter_now_is_told_and_a_looser_one_closes_nothing(start: Start, clock: Clock) -> None:
    clock.pass_by(400)  # 336 days before the end of life of XCP-ng 8.3
    house = start(AlertPlan(OPS, (365,)))
    house.sweep()
    assert _crossed(house) == [365]
    house = start(AlertPlan(OPS, (365, 340)))
    assert [(told.reason, told.alert.state) for told in _told(house)] == [(NotifyReason.THRESHOLD, AlertState.FIRING)]
    house = start(AlertPlan(OPS, (90,)))
    assert _told(house) == []
    assert _crossed(house) == [340]


def _crossed(house: House) -> list[int | None]:
    return [each.threshold_days for each in house.open() if each.subject.release == "8.3"]


def _told(house: House) -> list[Notification]:
    return [each for each in house.settle() if each.alert.subject.release == "8.3"]
