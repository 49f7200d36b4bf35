"""The hosts of a fleet with their verdicts."""

from datetime import date

import pytest

from bot.fleet.hosts import Source, SourceKind
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.query import QueryPart
from bot.query.reader import Reader
from tests.alerts.fleets import host

DAY, TODAY = date(2025, 6, 20), date(2026, 11, 26)


class CountingReader(Reader):
    """A reader that counts what it is asked."""

    count = 0

    def identify(self, brand: str | None, version: str | None, is_preview: bool = False) -> QueryPart:
        self.count += 1
        return super().identify(brand, version, is_preview)


def test_the_worst_come_first(matrix: Matrix, reader: Reader) -> None:
    hosts = [host("new", "8.3.0"), host("odd", "9.9.9"), host("soon"), host("old", "8.1.0"), host("older", "7.4.0")]
    found = host_verdicts(matrix, reader, hosts, DAY)
    assert [finding.host.host.name for finding in found] == ["older", "old", "odd", "soon", "new"]
    assert [finding.is_eol for finding in found] == [True, True, False, False, False]
    assert [finding.assessment is None for finding in found] == [False, False, True, False, False]


def test_a_prerelease_stands_between_what_nobody_knows_and_what_is_supported(matrix: Matrix, reader: Reader) -> None:
    preview = host("preview", "8.3.0")
    preview = preview._replace(host=preview.host._replace(product_brand="XenServer"))
    found = host_verdicts(matrix, reader, [host("soon"), preview, host("odd", "9.9.9"), host("old", "8.1.0")], DAY)
    assert [finding.host.host.name for finding in found] == ["old", "odd", "preview", "soon"]
    assert [finding.assessment and finding.assessment.prerelease for finding in found] == [None, None, "preview", None]


@pytest.mark.parametrize(
    ("brand", "version", "is_preview", "name", "stage"),
    [
        ("XenServer", "8.3.0", None, "XenServer 8 preview", "prerelease"),
        ("XenServer", "8.3.0", True, "XenServer 8 preview", "prerelease"),
        ("XenServer", "8.3.0", False, "XenServer 8 preview", "prerelease"),
        ("XenServer", "8.3.60", None, "XenServer 8 preview", "prerelease"),
        ("Citrix Hypervisor", "8.3.1", None, "XenServer 8 preview", "prerelease"),
        ("XenServer", "8.4.0", True, "XenServer 8 preview", "prerelease"),
        ("XenServer", "8.4.0", False, "XenServer 8", "supported"),
        ("XenServer", "8.4.0", None, "XenServer 8", "supported"),
        ("XenServer", "9.0.0", True, "XenServer 9 preview", "prerelease"),
        ("XCP-ng", "8.3.0", None, "XCP-ng 8.3 LTS", "supported"),
        ("XCP-ng", "8.3.0", False, "XCP-ng 8.3 LTS", "supported"),
        ("XCP-ng", "8.3.0", True, "XCP-ng 8.3 preview", "prerelease"),
        ("XenServer", "12.0.0", True, None, None),
        (None, None, True, None, None),
    ],
)
def test_a_host_that_calls_itself_a_preview_is_one(
    matrix: Matrix,
    reader: Reader,
    brand: str | None,
    version: str | None,
    is_preview: bool | None,
    name: str,
    stage: str,
) -> None:
    seen = host("x", version, brand)
    (found,) = host_verdicts(matrix, reader, [seen._replace(host=seen.host._replace(is_preview=is_preview))], TODAY)
    assert (found.assessment and found.assessment.name, found.assessment and found.assessment.stage) == (name, stage)
    assert found.is_prerelease == (stage == "prerelease")
    if found.assessment and found.is_prerelease:
        assert (found.assessment.support.level, found.assessment.days_left) == ("unlisted", None)


def test_hosts_of_one_version_of_which_one_is_a_preview_differ(matrix: Matrix, reader: Reader) -> None:
    final = host("final", "8.4.0", "XenServer")
    early = host("early", "8.4.0", "XenServer")
    early = early._replace(host=early.host._replace(is_preview=True))
    found = host_verdicts(matrix, reader, [final, early, final], TODAY)
    assert [each.is_prerelease for each in found] == [True, False, False]


@pytest.mark.parametrize(
    ("brand", "version", "runs", "says_release"),
    [
        ("XCP-ng", "8.2.1", "XCP-ng 8.2.1", True),
        ("XenServer", "7.0.0-125380c", "XenServer 7.0.0-125380c", True),
        ("XCP-ng", "8.3.0-rc2", "XCP-ng 8.3.0-rc2", True),
        ("XCP-ng", "8.2.1.1", "XCP-ng 8.2.1.1", True),
        ("XenServer", "5.6.100", "XenServer 5.6.100", True),
        ("XCP-ng", " 8.2.1 ", "XCP-ng 8.2.1", True),
        ("XCP-ng", "8.2.1\n8.3.0", "XCP-ng 8.2.1 8.3.0", True),
        ("XCP-ng", "", "XCP-ng unknown version", False),
        ("XCP-ng", "   ", "XCP-ng unknown version", False),
        ("XCP-ng", None, "XCP-ng unknown version", False),
        (None, "8.3.0", "unknown brand 8.3.0", False),
        ("", "", "unknown brand unknown version", False),
        ("\u200b", "\x1b[31m", "unknown brand unknown version", False),
    ],
)
def test_what_a_host_says_that_it_runs_is_shown_as_it_says_it(
    matrix: Matrix, reader: Reader, brand: str | None, version: str | None, runs: str, says_release: bool
) -> None:
    (found,) = host_verdicts(matrix, reader, [host("x", version, brand)], TODAY)
    assert (found.runs, found.says_release) == (runs, says_release)
    assert found.part == reader.identify(brand, version)


def test_each_version_is_read_once(matrix: Matrix) -> None:
    counting = CountingReader(matrix)
    found = host_verdicts(
        matrix, counting, [host(f"xen-{number}", ("8.2.1", "8.3.0")[number % 2]) for number in range(100)], DAY
    )
    assert counting.count == 2
    assert len({id(finding.assessment) for finding in found}) == 2


def test_what_thousands_of_hosts_have_alike_is_there_once(matrix: Matrix, reader: Reader) -> None:
    sources = [Source("lab-a", SourceKind.TARGET, ("prod", "paris"))]
    for known in ([], sources):
        one, two = host_verdicts(matrix, reader, [host("one"), host("two")], DAY, known)
        assert one.tags == ({"prod", "paris"} if known else set())
        assert one.tags is two.tags
        assert (one.part, one.assessment) == (two.part, two.assessment)
        assert one.assessment is two.assessment
