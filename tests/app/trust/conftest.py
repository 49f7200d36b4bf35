"""A simulated pool, and a configuration file that asks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.simulator import SimHost, SimPool, Simulator, release
from tests.app.trust.lab import Lab


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Two hosts of a pool, and one as old as TLS 1.0."""
    pool = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.3"))))
    old = SimPool((SimHost("old-1", release("XenServer", "6.2")),))
    with Simulator([pool, old]) as running:
        yield running


@pytest.fixture
def lab(simulator: Simulator, tmp_path: Path) -> Lab:
    return Lab(simulator, tmp_path)
