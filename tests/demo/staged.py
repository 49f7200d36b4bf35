"""The demo's channel with its whole session: real sweeps of simulated hosts, a real database, a clock of our own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bot.app.demo import backing
from bot.chat.runner import CommandRunner
from bot.demo.channel import DemoChannel
from bot.demo.clock import DemoClock
from bot.demo.hosts import SimulatedHosts
from bot.demo.world import DemoSession
from bot.simulator import SimPool
from bot.terminal.capabilities import Capabilities

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, an hour after digests are due."""


def ticking(begun: datetime = MORNING) -> DemoClock:
    """A clock that begins at a moment, and goes on as time does."""
    start = time.monotonic()
    return DemoClock(lambda: begun + timedelta(seconds=time.monotonic() - start))


@contextmanager
def staged(
    desk: CommandRunner, pools: Sequence[SimPool], elsewhere: Sequence[SimPool] = ()
) -> Iterator[tuple[DemoChannel, DemoSession]]:
    """A channel and what is behind it."""
    clock = ticking()
    with SimulatedHosts(pools, elsewhere, clock.now) as hosts, DemoSession(backing(hosts, clock)) as session:
        yield DemoChannel(desk._replace(today=clock.today), Capabilities(), session), session


def answer_to(channel: DemoChannel, typed: str) -> str:
    """All that comes of a line."""
    return "\n".join(channel.answer(typed))
