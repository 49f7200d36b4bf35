"""Two senders on one PostgreSQL: each message once and in order, and what one leaves when it dies the other sends."""

from random import Random

import pytest

from bot.store.database import Database
from tests.acceptance.waiting import until
from tests.alerts.delivery.kill_runs import ALL_WELL, SHARE, result_of, top_up, wait_until_sent
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.senders import PACE, Place, right, started
from tests.alerts.delivery.slack import Slack
from tests.alerts.delivery.weather import Foul

TOKENS = ("xoxb-of-the-first", "xoxb-of-the-second")
STEADY = PACE._replace(lease=3, settling=1)
"""Long enough for a process that a busy machine keeps waiting."""


@pytest.fixture
def database(postgresql: Database) -> Database:
    return postgresql


def test_what_one_leaves_the_other_sends(queue: Queue, slack: Slack, random: Random) -> None:
    slack.tokens |= {*TOKENS}
    slack.weather = Foul(random, SHARE)
    for _ in range(20):
        top_up(queue, random)
    senders = {token: started(right, Place(queue.url, slack.api, token, STEADY, token)) for token in TOKENS}
    try:
        until(lambda: {call.token for call in slack.calls} >= {*TOKENS}, 20, "both send")
        victim = slack.of("chat.postMessage")[-1].token
        senders[victim].kill()
        senders[victim].join()
        left = sum(row.done_at is None for row in queue.rows())
        wait_until_sent(queue)
    finally:
        for sender in senders.values():
            sender.kill()
            sender.join()
    slack.settle()
    assert left > 0
    assert result_of(queue, slack) == ALL_WELL
