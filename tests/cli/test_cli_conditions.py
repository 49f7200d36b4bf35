"""What `--fail-on` looks at in an answer: its verdicts, and its hosts."""

from datetime import date

import pytest

from bot.chat.reply import Reply, line
from bot.cli.conditions import parse_condition
from bot.errors import UsageError
from bot.fleet.policy import Policy
from bot.fleet.verdicts import HostVerdict, host_verdicts
from bot.matrix.assess import assess
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.xapi.observation import Software
from tests.alerts.fleets import host

DAY = date(2026, 11, 26)
VULNERABLE = parse_condition("vulnerable")


def _verdicts(matrix: Matrix, reader: Reader, xen: str | None) -> tuple[HostVerdict, ...]:
    seen = host("xen-2", "8.3.0")
    software = Software(xen, "26.1.4", "20260513T10:00:00Z") if xen else None
    return host_verdicts(matrix, reader, [seen._replace(host=seen.host._replace(software=software))], DAY)


@pytest.mark.parametrize(("xen", "holds"), [("4.17.5-23", True), ("4.17.6-9", False), ("odd", False), (None, False)])
def test_a_host_with_a_known_hole_is_vulnerable(matrix: Matrix, reader: Reader, xen: str | None, holds: bool) -> None:
    """What cannot be told is no known hole."""
    hosts = _verdicts(matrix, reader, xen)
    assert VULNERABLE.holds(Reply("fleet", line("x"), assessed=(), hosts=hosts), None) is holds


@pytest.mark.parametrize("said", [True, False])
def test_a_reply_that_says_whether_something_is_vulnerable_is_believed(said: bool) -> None:
    assert VULNERABLE.holds(Reply("xo", line("x"), assessed=(), vulnerable=said), None) is said


def test_of_a_release_alone_nothing_is_known(matrix: Matrix) -> None:
    assessed = (assess(matrix, matrix.releases[0], DAY),)
    with pytest.raises(UsageError, match="about hosts"):
        VULNERABLE.holds(Reply("check", line("x"), assessed=assessed), None)


def test_a_policy_looks_at_the_hosts_where_there_are_any(matrix: Matrix, reader: Reader) -> None:
    policy = Policy(("XCP-ng 8.2",))
    seen = host("xen-2", "8.3.0")
    hosts = host_verdicts(matrix, reader, [seen], DAY, (), policy)
    reply = Reply("fleet", line("x"), assessed=tuple(h.assessment for h in hosts if h.assessment), hosts=hosts)
    assert parse_condition("not-approved").holds(reply, policy)
    assert not parse_condition("not-approved").holds(reply._replace(hosts=()), policy)
