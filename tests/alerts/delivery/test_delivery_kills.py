"""A sender is killed at random moments, again and again, while calls go wrong: nothing is lost, nothing doubled."""

from random import Random

import pytest

from bot.store.database import Database
from tests.alerts.delivery.kill_runs import ALL_WELL, KillPlan, run_with_kills
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.senders import Run, mark_then_post, post_then_mark, right
from tests.alerts.delivery.slack import Slack

HARD = KillPlan(kills=60)
EASY = KillPlan(kills=12, foul=False, threads=False)


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


def test_nothing_is_lost_or_doubled(queue: Queue, slack: Slack, random: Random) -> None:
    assert run_with_kills(right, queue, slack, random, HARD) == ALL_WELL
    assert len(queue.rows()) >= 300
    assert slack.of("conversations.history")
    assert slack.of("conversations.replies")


@pytest.mark.parametrize("wrong", [mark_then_post, post_then_mark])
def test_nobody_sees_what_is_wrong_with_a_sender_that_lives(
    queue: Queue, slack: Slack, random: Random, wrong: Run
) -> None:
    assert run_with_kills(wrong, queue, slack, random, EASY._replace(kills=0)) == ALL_WELL


def test_marking_before_posting_loses(queue: Queue, slack: Slack, random: Random) -> None:
    result = run_with_kills(mark_then_post, queue, slack, random, EASY)
    assert result.lost
    assert not result.doubled


def test_posting_before_marking_doubles(queue: Queue, slack: Slack, random: Random) -> None:
    result = run_with_kills(post_then_mark, queue, slack, random, EASY)
    assert result.doubled
    assert not result.lost
