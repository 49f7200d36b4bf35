"""Why messages wait for a channel, in words: who has it, or until when it pauses, and nothing that is past."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.delivery.outbox import ChannelState
from bot.chat.waiting import why_waiting

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(seconds=20), NOW - timedelta(seconds=1)
WAITS = ChannelState("C1", 3, NOW)


@pytest.mark.parametrize(
    ("state", "by", "said"),
    [
        (WAITS, "us", None),
        (WAITS._replace(not_before=SOON, tries=2), "us", "The last try failed; the next one is at 08:00:20 UTC."),
        (WAITS._replace(not_before=SOON), "us", "There is a pause between messages, until 08:00:20 UTC."),
        (
            WAITS._replace(holder="them", held_until=SOON),
            "us",
            "Another process is sending to it, and has it until 08:00:20 UTC.",
        ),
        (
            WAITS._replace(holder="them", held_until=SOON),
            None,
            "A process of xocompat is sending to it, and has it until 08:00:20 UTC.",
        ),
        (WAITS._replace(holder="us", held_until=SOON), "us", None),
        (WAITS._replace(stopped_code="is_archived", stopped="Unarchive it.", not_before=SOON), "us", "Unarchive it."),
        (
            WAITS._replace(not_before=NOW + timedelta(days=1), tries=1),
            "us",
            "The last try failed; the next one is at 24 Nov 2026 08:00 UTC.",
        ),
    ],
)
def test_it_says_which_it_is_and_until_when(state: ChannelState, by: str | None, said: str | None) -> None:
    assert why_waiting(state, NOW, by) == said


@pytest.mark.parametrize("at", [NOW, BEFORE, NOW - timedelta(days=30)])
def test_what_is_past_keeps_nothing(at: datetime) -> None:
    state = WAITS._replace(not_before=at, tries=1, holder="them", held_until=at)
    assert why_waiting(state, NOW, "us") is None
