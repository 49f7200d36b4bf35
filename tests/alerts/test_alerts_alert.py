"""Notifications and digests as data: what is written is read again, by later versions, too."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.alert import (
    AffectedHost,
    Alert,
    AlertSubject,
    Condition,
    Detail,
    Notification,
    NotifyReason,
    Rule,
    notification_data,
    notification_from_data,
)
from bot.alerts.digest import Digest, HostCounts, ReleaseEnd, Unacknowledged, digest
from bot.alerts.state_machine import reconcile
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fleets import NOW, OPS, TEAM, host

_MOMENTS = st.datetimes(timezones=st.just(UTC))
_HOSTS = st.lists(st.builds(AffectedHost, st.text(), st.text(), st.text()), max_size=3).map(tuple)
_VALUES = st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=2)
_DETAILS = st.builds(Detail, st.text(), st.dictionaries(st.text().filter(lambda name: name != "kind"), _VALUES))
_ALERTS = st.builds(
    Alert,
    subject=st.builds(AlertSubject),
    detail=_DETAILS,
    why_resolved=st.none() | _DETAILS,
    hosts=_HOSTS,
    gone=_HOSTS,
    opened_at=_MOMENTS,
    told_at=_MOMENTS,
    acknowledged_at=st.none() | _MOMENTS,
    snoozed_at=st.none() | _MOMENTS,
    snoozed_until=st.none() | _MOMENTS,
    resolved_at=st.none() | _MOMENTS,
)
_NOTIFICATIONS = st.builds(
    Notification,
    alert=_ALERTS,
    at=_MOMENTS,
    added=_HOSTS,
    gone=_HOSTS,
    fates=st.none() | _DETAILS,
    before=st.none() | _DETAILS,
)


@given(_NOTIFICATIONS)
def test_a_notification_comes_back_as_it_was(notification: Notification) -> None:
    assert notification_from_data(json.loads(json.dumps(notification_data(notification)))) == notification


def _one() -> Notification:
    condition = Condition(
        OPS, Rule.EOL, AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS"), (), date(2025, 9, 16), 90
    )
    return reconcile((condition,), (), NOW, lambda gone: gone.detail).notifications[0]


def test_keys_that_another_version_knows_are_passed_over_and_missing_ones_have_their_default() -> None:
    data = notification_data(_one())
    data["mood"] = data["alert"]["mood"] = "calm"
    for key in ("added", "gone", "fates", "days_left"):
        del data[key]
    for key in ("gone", "why_resolved", "snoozed_until"):
        del data["alert"][key]
    assert notification_from_data(data) == _one()._replace(days_left=None)


def test_sentences_of_an_earlier_version_are_shown_as_they_are() -> None:
    data = notification_data(_one())
    data["alert"] |= {"detail": "since today: It is down.", "why_resolved": "it answers again"}
    alert = notification_from_data(data).alert
    assert alert.detail == Detail("text", {"text": "since today: It is down."})
    assert alert.why_resolved == Detail("text", {"text": "it answers again"})


@pytest.mark.parametrize("data", [{}, {"alert": {}}, {**notification_data(_one()), "reason": "because"}])
def test_what_is_no_notification_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        notification_from_data(data)


def test_a_digest_counts_what_a_channel_is_notified_of(matrix: Matrix, reader: Reader) -> None:
    day = date(2025, 9, 18)
    hosts = [
        host("xen-2"),
        host("xen-1", "8.3.0"),
        host("xen-7", "7.2.0", "XenServer"),
        host("xen-8", "9.9.9", unreachable_since=NOW),
    ]
    ended = Condition(
        OPS, Rule.EOL, AlertSubject("r:1", "XCP-ng 8.2 LTS"), (AffectedHost("u", "n", "p"),), date(2025, 9, 16), 0
    )
    ahead = Condition(OPS, Rule.EOL, AlertSubject("r:2", "XCP-ng 8.3 LTS"), (), date(2028, 11, 30), None, is_news=False)
    elsewhere = ended._replace(channel=TEAM)
    conditions = (ahead, ended, elsewhere)
    alerts = reconcile(conditions, (), NOW, lambda gone: gone.detail).changed
    found = digest(OPS, host_verdicts(matrix, reader, hosts, day), conditions, alerts, (), day)
    assert found
    assert found.numbers == HostCounts(hosts=4, eol=2, weak=1, unknown=1, unreachable=1)
    assert found.ended_this_week == found.ended == (ReleaseEnd("XCP-ng 8.2 LTS", date(2025, 9, 16), 1),)
    assert found.next == (ReleaseEnd("XCP-ng 8.3 LTS", date(2028, 11, 30), 0),)
    assert found.unacknowledged == (Unacknowledged(0, Rule.EOL, "XCP-ng 8.2 LTS", NOW.date()),)


def test_a_channel_that_is_notified_of_nothing_gets_no_digest() -> None:
    assert digest(OPS, (), (), (), (), date(2025, 9, 18)) is None


_DAYS = st.dates()
_ENDINGS = st.lists(st.builds(ReleaseEnd), max_size=3).map(tuple)


@given(
    st.builds(
        Digest, ended=_ENDINGS, next=_ENDINGS, unacknowledged=st.lists(st.builds(Unacknowledged), max_size=2).map(tuple)
    )
)
def test_a_digest_comes_back_as_it_was(digest: Digest) -> None:
    assert Digest.from_data(json.loads(json.dumps(digest.to_data()))) == digest


def test_reasons_are_those_of_the_contract() -> None:
    assert {"new", "threshold", "reminder", "more_hosts", "resolved"} <= set(NotifyReason)
    assert datetime.fromisoformat(notification_data(_one())["at"]) == NOW
