"""A log that tests read."""

import logging

import pytest
import structlog
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def log(kept_log: LogCapture) -> FilteringBoundLogger:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[kept_log], wrapper_class=wrapper)
    return made.bind()
