"""A Slack that answers as a test says, for sessions on a real platform."""

from collections.abc import Iterator

import pytest

from tests.slack.standin import StandIn


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running
