"""`export`: the fleet for other programs, which get no formula from a host."""

import csv
import io
import json
import os
import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.command import Ports
from bot.chat.export import CELL_MAX, HEADER, PUBLIC, as_csv, cell, export, save
from bot.chat.hosts import hosts_with_verdicts
from bot.errors import UnavailableError, UsageError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.text import shown
from tests.chat.fleet import NOON, fleet, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, target

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(matrix: Matrix, reader: Reader) -> Ports:
    return ports(matrix, reader, fleet())


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_line_for_each_host_the_worst_first(known: Ports) -> None:
    rows = _rows(export(known, "", TODAY, "csv"))
    assert [row["host"] for row in rows] == ["archive-1", "spare-1", "xen-2", "xen-12", "xen-1", "xen-11"]
    assert rows[1]["reachable"] == "no"
    assert rows[1]["unreachable_since"] == "2026-11-23T12:00:00Z"
    assert (rows[2]["release"], rows[2]["stage"], rows[2]["eol_on"], rows[2]["days_left"]) == (
        "XCP-ng 8.2 LTS", "eol", "2025-09-16", "-433",
    )  # fmt: skip
    assert (rows[2]["pool"], rows[2]["tags"], rows[2]["reboot_required"]) == ("lab pool", "lab", "yes")
    assert rows[3]["release"] == ""


def test_words_choose_hosts_and_the_day_chooses_verdicts(known: Ports) -> None:
    assert [row["host"] for row in _rows(export(known, "lab eol", TODAY, "csv"))] == ["spare-1", "xen-2"]
    assert _rows(export(known, "lab eol on 2025-01-01", TODAY, "csv")) == []


def test_json_is_that_of_the_fleet(known: Ports) -> None:
    data = json.loads(export(known, "partial", TODAY, "json"))
    assert data["as_of"] == "2026-11-23"
    assert [seen["name"] for seen in data["hosts"]] == ["archive-1"]


def test_words_that_are_none_are_told_with_near_ones(known: Ports) -> None:
    with pytest.raises(UsageError, match=r"unreachble.*Near: unreachable"):
        export(known, "unreachble", TODAY, "csv")


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1"])
def test_text_of_a_host_never_begins_a_formula(matrix: Matrix, reader: Reader, text: str) -> None:
    store = FakeStore()
    store.record((answered(target(text, text), NOON, host(text, text, text), pool=text),), NOON)
    kept = ports(matrix, reader, (store, FakeSweepLog()))
    assert kept.watched
    (row,) = _rows(as_csv(hosts_with_verdicts(kept, kept.watched, TODAY)))
    assert row["host"] == row["pool"] == row["product_brand"] == f"'{text.strip()}"


@given(text=st.text(max_size=40))
def test_any_text_stays_in_its_cell(matrix: Matrix, reader: Reader, text: str) -> None:
    store = FakeStore()
    store.record((answered(target("a"), NOON, host(text), pool="p"),), NOON)
    kept = ports(matrix, reader, (store, FakeSweepLog()))
    assert kept.watched
    written = as_csv(hosts_with_verdicts(kept, kept.watched, TODAY))
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert tuple(row) == HEADER
    assert row["host"].replace("'", "") == shown(text, CELL_MAX).replace("'", "")


STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", "a;", "a; ", "a\t;", "a;\t", 'a;"', "a;b;", ";;", "\u202e;", "\u2028"])
def test_no_cell_begins_a_formula_where_cells_end_with_a_semicolon(before: str, start: str) -> None:
    """As in the countries where a comma stands in numbers; a tab, a line's end and what turns text round are gone."""
    written = cell(f"{before}{start}cmd|' /C calc'!A0, b")
    assert not any(part.lstrip(' "').startswith(STARTS) for part in written.split(";"))
    assert written.isprintable()


@given(text=st.text(alphabet="=+-@＝＋－＠;\t\r\n \"'\u2028\u202eab", max_size=12))
def test_no_part_of_a_cell_begins_a_formula(text: str) -> None:
    assert not any(part.lstrip(' "').startswith(STARTS) for part in cell(text).split(";"))
    assert cell(text).isprintable()


def test_a_file_that_names_hosts_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    before = os.umask(0)
    try:
        save("first", path, force=False)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o666)
        save("second", path, force=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        save("public", tmp_path / "releases.csv", force=False, mode=PUBLIC)
        assert stat.S_IMODE((tmp_path / "releases.csv").stat().st_mode) == 0o666
    finally:
        os.umask(before)


def test_a_file_is_written_whole_and_none_is_lost_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    save("first", path, force=False)
    with pytest.raises(UsageError, match="--force"):
        save("second", path, force=False)
    assert path.read_text() == "first"
    save("third \ud800", path, force=True)
    assert path.read_text() == "third ?"
    assert [entry.name for entry in tmp_path.iterdir()] == ["fleet.csv"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="can't be written"):
        save("text", tmp_path / "no" / "fleet.csv", force=False)
