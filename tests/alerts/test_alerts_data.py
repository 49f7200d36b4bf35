"""Notifications and digests as data: what is written is read again, by later versions, too."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.alert import Alert, Concern, Concerned, Notification, NotifyReason, Rule, Subject
from bot.alerts.digest import Digest, Ending, Numbers, Unheeded, digest
from bot.alerts.machine import settle
from bot.alerts.notification import from_data, to_data
from bot.fleet.findings import find
from bot.matrix.known import Matrix
from bot.query.reading import Reader
from tests.alerts.fleets import NOW, OPS, TEAM, host

_MOMENTS = st.datetimes(timezones=st.just(UTC))
_HOSTS = st.lists(st.builds(Concerned, st.text(), st.text(), st.text()), max_size=3).map(tuple)
_ALERTS = st.builds(
    Alert,
    subject=st.builds(Subject),
    hosts=_HOSTS,
    gone=_HOSTS,
    opened_at=_MOMENTS,
    told_at=_MOMENTS,
    acknowledged_at=st.none() | _MOMENTS,
    snoozed_at=st.none() | _MOMENTS,
    snoozed_until=st.none() | _MOMENTS,
    resolved_at=st.none() | _MOMENTS,
)
_NOTIFICATIONS = st.builds(Notification, alert=_ALERTS, at=_MOMENTS, added=_HOSTS, gone=_HOSTS)


@given(_NOTIFICATIONS)
def test_a_notification_comes_back_as_it_was(notification: Notification) -> None:
    assert from_data(json.loads(json.dumps(to_data(notification)))) == notification


def _one() -> Notification:
    concern = Concern(OPS, Rule.EOL, Subject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS"), (), date(2025, 9, 16), 90)
    return settle((concern,), (), NOW, lambda alert: alert.detail).notifications[0]


def test_keys_that_another_version_knows_are_passed_over_and_missing_ones_have_their_default() -> None:
    data = to_data(_one())
    data["mood"] = data["alert"]["mood"] = "calm"
    for key in ("added", "gone", "days_left"):
        del data[key]
    for key in ("gone", "why_resolved", "snoozed_until"):
        del data["alert"][key]
    assert from_data(data) == _one()._replace(days_left=None)


@pytest.mark.parametrize("data", [{}, {"alert": {}}, {**to_data(_one()), "reason": "because"}])
def test_what_is_no_notification_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_data(data)


def test_a_digest_counts_what_a_channel_is_told_about(matrix: Matrix, reader: Reader) -> None:
    day = date(2025, 9, 18)
    hosts = [
        host("xen-2"),
        host("xen-1", "8.3.0"),
        host("xen-7", "7.2.0", "XenServer"),
        host("xen-8", "9.9.9", unreachable_since=NOW),
    ]
    ended = Concern(OPS, Rule.EOL, Subject("r:1", "XCP-ng 8.2 LTS"), (Concerned("u", "n", "p"),), date(2025, 9, 16), 0)
    ahead = Concern(OPS, Rule.EOL, Subject("r:2", "XCP-ng 8.3 LTS"), (), date(2028, 11, 30), None, is_news=False)
    elsewhere = ended._replace(channel=TEAM)
    concerns = (ahead, ended, elsewhere)
    alerts = settle(concerns, (), NOW, lambda alert: alert.detail).changed
    found = digest(OPS, find(matrix, reader, hosts, day), concerns, alerts, (), day)
    assert found
    assert found.numbers == Numbers(hosts=4, eol=2, weak=1, unknown=1, unreachable=1)
    assert found.ended_this_week == found.ended == (Ending("XCP-ng 8.2 LTS", date(2025, 9, 16), 1),)
    assert found.next == (Ending("XCP-ng 8.3 LTS", date(2028, 11, 30), 0),)
    assert found.unheeded == (Unheeded(0, Rule.EOL, "XCP-ng 8.2 LTS", NOW.date()),)


def test_a_channel_that_is_told_nothing_gets_no_digest() -> None:
    assert digest(OPS, (), (), (), (), date(2025, 9, 18)) is None


_DAYS = st.dates()
_ENDINGS = st.lists(st.builds(Ending), max_size=3).map(tuple)


@given(st.builds(Digest, ended=_ENDINGS, next=_ENDINGS, unheeded=st.lists(st.builds(Unheeded), max_size=2).map(tuple)))
def test_a_digest_comes_back_as_it_was(told: Digest) -> None:
    assert Digest.from_data(json.loads(json.dumps(told.to_data()))) == told


def test_reasons_are_those_of_the_contract() -> None:
    assert {"new", "threshold", "reminder", "more_hosts", "resolved"} <= set(NotifyReason)
    assert datetime.fromisoformat(to_data(_one())["at"]) == NOW
