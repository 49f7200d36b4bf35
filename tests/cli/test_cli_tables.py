"""`--format csv|md`: the table of an answer as a file for other programs."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from tests.cli.running import Run


@pytest.mark.parametrize("words", ["list", "timeline", "feature", "issues", "issues XenServer 7.2", "compare 8.2, 8.3"])
def test_the_shell_prints_each_table_in_both_forms(run: Run, words: str) -> None:
    as_csv, as_md = (run(*words.split(), "--format", form) for form in ("csv", "md"))
    rows = [*csv.reader(io.StringIO(as_csv.out))]
    assert as_csv.status == as_md.status == 0
    assert len(rows) > 2
    assert len({len(row) for row in rows}) == 1
    assert len(as_md.out.splitlines()) == len(rows) + 1


@pytest.mark.parametrize(
    "words", ["fleet", "alerts", "patches", "sites", "audit nobody", "advisories XenServer 6.2", "fleet vulnerable"]
)
def test_a_table_without_rows_is_one_in_a_file(run: Run, words: str) -> None:
    assert run("db", "upgrade").status == 0
    ran = run(*words.split(), "--format", "csv")
    assert (ran.status, len(ran.out.splitlines()), ran.err) == (0, 1, "")


def test_what_a_channel_is_told_and_each_xen_orchestra_are_tables_in_a_file(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XO", "x")
    (folder / "xocompat.yaml").write_text(
        "alerts: {channel: C1}\nxen_orchestra: [{name: xo, url: 'https://127.0.0.1:1', token_env: XO}]\n"
    )
    run("watch", "XCP-ng", "8.3", "lead", "90d")
    told = [*csv.DictReader(io.StringIO(run("watches", "--format", "csv").out))]
    assert [(row["What"], row["Told"]) for row in told] == [
        ("XCP-ng 8.3, with or without hosts", "90 days before and on the day"),
        ("all hosts", "365, 180, 90, 30 and 7 days before and on the day"),
    ]
    assert told[0]["By"].startswith("shell:")
    assert date.fromisoformat(told[0]["Since"])
    (orchestra,) = csv.DictReader(io.StringIO(run("xo", "--format", "csv").out))
    assert (orchestra["Xen Orchestra"], orchestra["State"]) == ("xo", "cannot tell")


def test_two_facts_in_a_cell_are_told_apart(run: Run) -> None:
    rows = [*csv.DictReader(io.StringIO(run("advisories", "--format", "csv").out))]
    assert "Anybody can log in; used by attackers" in [row["What"] for row in rows]
    issues = [*csv.DictReader(io.StringIO(run("issues", "--format", "csv").out))]
    assert any("for about 2 seconds; discussion https://" in row["What it is"] for row in issues)


def test_two_forms_at_once_and_a_form_without_a_table_are_wrong_usage(run: Run) -> None:
    assert run("list", "--format", "csv", "--json").status == 2
    verdict = run("XCP-ng 8.3", "--format", "md")
    assert (verdict.status, verdict.out) == (2, "")
    assert "no table" in verdict.err
