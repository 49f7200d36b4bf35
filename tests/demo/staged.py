"""The demo's channel with its whole stage: real sweeps of simulated hosts, a real database, a clock of our own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bot.app.playing import backing
from bot.chat.desk import Desk
from bot.demo.channel import Channel
from bot.demo.clock import Clock
from bot.demo.hosts import SimulatedHosts
from bot.demo.simulator import SimPool
from bot.demo.stage import Stage
from bot.terminal.look import Look

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, an hour after digests are due."""


def ticking(begun: datetime = MORNING) -> Clock:
    """A clock that begins at a moment, and goes on as time does."""
    start = time.monotonic()
    return Clock(lambda: begun + timedelta(seconds=time.monotonic() - start))


@contextmanager
def staged(desk: Desk, pools: Sequence[SimPool], elsewhere: Sequence[SimPool] = ()) -> Iterator[tuple[Channel, Stage]]:
    """A channel and what is behind it."""
    clock = ticking()
    with SimulatedHosts(pools, elsewhere, clock.now) as hosts, Stage(backing(hosts, clock)) as stage:
        yield Channel(desk._replace(today=clock.today), Look(), stage), stage


def heard(channel: Channel, typed: str) -> str:
    """All that comes of a line."""
    return "\n".join(channel.hear(typed))
