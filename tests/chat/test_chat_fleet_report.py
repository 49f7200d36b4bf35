"""`export --what fleet`: what an auditor wants to know, by tag, and a source that nobody ever saw among it."""

import csv
import io
from datetime import date

import pytest

from bot.chat.command import Ports
from bot.chat.fleet_report import Finding, FleetReport, fleet_report
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import fleet, ports

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(matrix: Matrix, reader: Reader) -> Ports:
    return ports(matrix, reader, fleet())


@pytest.fixture(scope="module")
def report(known: Ports) -> FleetReport:
    return fleet_report(known, TODAY)


def _named(report: FleetReport, finding: Finding) -> list[str]:
    return [entry.host or " ".join(entry.sources) for entry in report.entries if entry.finding is finding]


def test_every_host_and_every_source_that_was_never_seen_is_there_once(report: FleetReport) -> None:
    assert _named(report, Finding.NEVER_SEEN) == ["dead-a", "new-a"]
    assert _named(report, Finding.UNKNOWN_VERSION) == ["xen-12"]
    assert _named(report, Finding.WITHOUT_UPDATES) == ["archive-1", "spare-1", "xen-2"]
    assert _named(report, Finding.SUPPORTED) == ["xen-1", "xen-11"]
    assert len(report.entries) == 8


def test_what_ends_within_twelve_months_is_of_the_day(known: Ports) -> None:
    """XCP-ng 8.3 and XenServer 8 end on 30 Nov 2028."""
    assert _named(fleet_report(known, date(2027, 11, 29)), Finding.ENDS_WITHIN_12_MONTHS) == []
    assert _named(fleet_report(known, date(2027, 11, 30)), Finding.ENDS_WITHIN_12_MONTHS) == ["xen-1", "xen-11"]
    assert _named(fleet_report(known, date(2028, 11, 30)), Finding.ENDS_WITHIN_12_MONTHS) == []


def test_csv_has_a_line_for_each_tag_so_that_a_spreadsheet_can_sum_up(report: FleetReport) -> None:
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    archive = [row["tag"] for row in rows if row["host"] == "archive-1"]
    assert archive == ["archive", "prod"]
    assert [(row["finding"], row["targets"]) for row in rows if row["tag"] == ""] == [("never_seen", "new-a")]
    (old,) = (row for row in rows if (row["host"], row["tag"]) == ("xen-2", "lab"))
    assert (old["release"], old["eol_on"], old["days_left"]) == ("XCP-ng 8.2 LTS", "2025-09-16", "-433")


def test_json_has_the_same_counted_by_tag(report: FleetReport) -> None:
    data = report.data()
    tags = {each["tag"]: each for each in data["tags"]}
    assert list(tags) == ["archive", "lab", "prod", None]
    assert (tags["lab"]["hosts"], tags["lab"]["without_updates"], tags["lab"]["never_seen"]) == (3, 2, 1)
    assert (tags[None]["hosts"], tags[None]["never_seen"]) == (0, 1)
    assert (data["total"]["hosts"], data["total"]["without_updates"], data["as_of"]) == (6, 3, "2026-11-23")
    assert len(data["entries"]) == 8


def test_markdown_is_a_report_to_hand_over(report: FleetReport) -> None:
    lines = report.markdown().splitlines()
    assert lines[0] == "# Fleet on 2026-11-23"
    assert next(line for line in lines if line.startswith("| prod")) == "| prod | 3 | 0 | 1 | 1 | 0 | 0 | 1 |"
    assert next(line for line in lines if line.startswith("| all")) == "| all | 6 | 2 | 1 | 3 | 0 | 0 | 2 |"
    assert not any("xen-11" in line for line in lines), "what is fine needs nobody"
    assert any("xen-2" in line for line in lines)
