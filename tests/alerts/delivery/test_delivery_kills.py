"""A sender is killed at random moments, again and again, while calls go wrong: nothing is lost, nothing doubled."""

from random import Random

import pytest

from bot.store.database import Database
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.senders import Run, mark_then_post, post_then_mark, right
from tests.alerts.delivery.slack import Slack
from tests.alerts.delivery.storm import NONE, Battle, storm

HARD = Battle(kills=60)
EASY = Battle(kills=12, foul=False, threads=False)


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


def test_nothing_is_lost_or_doubled(queue: Queue, slack: Slack, random: Random) -> None:
    assert storm(right, queue, slack, random, HARD) == NONE
    assert len(queue.rows()) >= 300
    assert slack.of("conversations.history")
    assert slack.of("conversations.replies")


@pytest.mark.parametrize("wrong", [mark_then_post, post_then_mark])
def test_nobody_sees_what_is_wrong_with_a_sender_that_lives(
    queue: Queue, slack: Slack, random: Random, wrong: Run
) -> None:
    assert storm(wrong, queue, slack, random, EASY._replace(kills=0)) == NONE


def test_marking_before_posting_loses(queue: Queue, slack: Slack, random: Random) -> None:
    came = storm(mark_then_post, queue, slack, random, EASY)
    assert came.lost
    assert not came.doubled


def test_posting_before_marking_doubles(queue: Queue, slack: Slack, random: Random) -> None:
    came = storm(post_then_mark, queue, slack, random, EASY)
    assert came.doubled
    assert not came.lost
