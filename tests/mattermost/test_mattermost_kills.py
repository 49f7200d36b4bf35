"""A sender to Mattermost is killed again and again, while calls go wrong and the server forgets: nothing is lost,
nothing doubled.
"""

from collections import Counter
from multiprocessing.process import BaseProcess
from random import Random
from typing import NamedTuple

import pytest

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.acceptance.waiting import until
from tests.alerts.delivery.conftest import queue, random
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.senders import PACE, Place, Run, mark_then_post, post_then_mark, right, started
from tests.mattermost.faults import Fault, Said, status
from tests.mattermost.senders import to_mattermost
from tests.mattermost.standin import Mattermost

__all__ = ["queue", "random"]

NAMES = ("one", "two")
KILLS = 6
FAULTS = (
    Fault(done=True),
    status(502),
    status(502, done=True),
    Fault(Said(429, "limit exceeded", {"X-Ratelimit-Reset": "0"})),
)


class Came(NamedTuple):
    """What came of it: keys that are nowhere, keys that are there more than once, edits that never came."""

    lost: frozenset[str]
    doubled: frozenset[str]


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


def _came_of(run: Run, queue: Queue, random: Random, kills: int, faults: tuple[Fault, ...] = ()) -> Came:
    """Kill a sender at each call after the next few, with more to send each time; then let one finish."""
    with Mattermost() as server:
        rooms = {name: server.channel(name, members=[server.bot]) for name in NAMES}

        def place(by: str) -> Place:
            return Place(queue.url, server.url, by, PACE, server.token, to_mattermost)

        for round in range(kills):
            _more(queue, random)
            server.fail("POST /posts", *(faults or random.sample(FAULTS, 2)))
            before = len(server.requested("POST /posts"))
            wanted = before + (1 if faults else random.randint(1, 4))
            victim = started(run, place(f"sender {round}"))
            _wait_for_calls(server, victim, wanted)
            victim.kill()
            victim.join()
            if faults or round % 3 == 2:
                server.restart()  # keys of posts are in memory alone
        server.heal()
        last = started(run, place("the last"))
        outbox = SqlOutbox(queue.database)
        until(lambda: not outbox.states(), 20, "all sent")
        if run is not right:
            last.join(20)
        last.kill()
        last.join()
        posts = [post for room in rooms.values() for post in server.posts(room)]
        wanted_keys = [row.key for row in queue.rows() if row.kind != DeliveryKind.EDIT]
        counts = Counter(str(post.props["xocompat"]["key"]) for post in posts)
        edits = {row.key for row in queue.rows() if row.kind == DeliveryKind.EDIT}
        told = {word for post in posts for word in post.message.split()}
        lost = {key for key in wanted_keys if key not in counts} | (edits - told)
        return Came(frozenset(lost), frozenset(key for key, count in counts.items() if count > 1))


def _wait_for_calls(server: Mattermost, victim: BaseProcess, wanted: int) -> None:
    until(lambda: len(server.requested("POST /posts")) >= wanted or not victim.is_alive(), 20, "calls")


def _more(queue: Queue, random: Random) -> None:
    channel = f"mattermost:lab/{random.choice(NAMES)}"
    bulletin = queue.bulletin(channel)
    for kind in (DeliveryKind.THREAD_UPDATE, DeliveryKind.EDIT):
        queue.message(kind, channel, bulletin)
    for name in NAMES:
        queue.message(DeliveryKind.DIGEST, f"mattermost:lab/{name}")


def test_nothing_is_lost_or_doubled(queue: Queue, random: Random) -> None:
    assert _came_of(right, queue, random, KILLS) == Came(frozenset(), frozenset())


HELD = 3.0
"""Seconds that an answer is held back, in which its sender is killed."""


@pytest.mark.parametrize(
    ("wrong", "fault", "shows"),
    [
        (mark_then_post, status(502)._replace(delay=HELD), "lost"),
        (post_then_mark, Fault(done=True, delay=HELD, said=status(502).said), "doubled"),
    ],
)
def test_a_wrong_order_shows(queue: Queue, random: Random, wrong: Run, fault: Fault, shows: str) -> None:
    assert getattr(_came_of(wrong, queue, random, 1, (fault,)), shows)
