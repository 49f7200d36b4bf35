"""A log that tests read, and a clock that a test moves."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """The time of day and the seconds since the start, moved together or apart."""

    def __init__(self) -> None:
        self.now = NOON
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def log(kept_log: LogCapture) -> FilteringBoundLogger:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[kept_log], wrapper_class=wrapper)
    return made
