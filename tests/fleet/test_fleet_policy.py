"""Whether a host is as the operator wants it: by its release, and by how long ago it was updated."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.fleet.hosts import Source, SourceKind
from bot.fleet.policy import Policy, PolicyState
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fleets import host

DAY = date(2026, 11, 26)
LAB = Source("lab-a", SourceKind.TARGET, ("lab",))


def _state(
    matrix: Matrix,
    reader: Reader,
    policy: Policy | None,
    version: str | None = "8.3.0",
    brand: str | None = "XCP-ng",
    updated: date | None = None,
) -> PolicyState | None:
    seen = host("xen-2", version, brand)
    at = datetime(updated.year, updated.month, updated.day, tzinfo=UTC) if updated else None
    (found,) = host_verdicts(
        matrix, reader, [seen._replace(host=seen.host._replace(updated_at=at))], DAY, [LAB], policy
    )
    return found.policy


@pytest.mark.parametrize(
    ("brand", "version", "state"),
    [
        ("XCP-ng", "8.3.0", "approved"),
        ("XCP-ng", "8.2.1", "not_approved"),
        ("XenServer", "8.4.0", "approved"),
        ("XenServer", "8.3.0", "not_approved"),  # a preview is not its release
        ("XenServer", "8.2.1", "not_approved"),  # a Citrix Hypervisor
        ("XCP-ng", "9.9.9", "not_approved"),
        (None, None, "cannot_tell"),
    ],
)
def test_a_host_is_approved_by_what_it_runs(
    matrix: Matrix, reader: Reader, brand: str | None, version: str | None, state: str
) -> None:
    policy = Policy(("XCP-ng 8.3", "XenServer >=8.4"))
    assert _state(matrix, reader, policy, version, brand) == state
    assert _state(matrix, reader, None, version, brand) is None


@pytest.mark.parametrize(
    ("ages", "days", "state"),
    [
        ({"lab": 90}, 90, "approved"),
        ({"lab": 90}, 91, "not_approved"),
        ({"prod": 90}, 91, "approved"),
        ({"*": 180, "lab": 90}, 91, "not_approved"),
        ({"*": 180}, 91, "approved"),
        ({"lab": 90}, None, "cannot_tell"),
        ({"prod": 90}, None, "approved"),
    ],
)
def test_a_host_is_approved_by_how_long_ago_it_was_updated(
    matrix: Matrix, reader: Reader, ages: dict[str, int], days: int | None, state: str
) -> None:
    policy = Policy(not_older_than=tuple((tag, timedelta(days=most)) for tag, most in ages.items()))
    updated = None if days is None else DAY - timedelta(days=days)
    assert _state(matrix, reader, policy, updated=updated) == state


def test_a_release_that_is_not_approved_is_so_whatever_its_updates(matrix: Matrix, reader: Reader) -> None:
    policy = Policy(("XCP-ng 8.3",), (("*", timedelta(days=90)),))
    assert _state(matrix, reader, policy, "8.2.1", updated=DAY) == "not_approved"
    assert _state(matrix, reader, policy, "8.2.1") == "not_approved"
