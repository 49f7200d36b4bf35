"""`export` of open data in a shell: on stdout, in files, as a folder; no database and no configuration is needed."""

import json
from pathlib import Path

import pytest

from bot.matrix.matrix import Matrix
from tests.cli.running import Run
from tests.published import validators


def test_openeox_is_one_object_by_release(run: Run, matrix: Matrix) -> None:
    ran = run("export", "--format", "openeox")
    assert (ran.status, ran.err) == (0, "")
    assert list(ran.json) == [release.base_name for release in matrix.releases]
    for record in ran.json.values():
        validators.openeox().validate(record)


def test_openeox_into_a_folder_is_a_file_each_with_an_index(run: Run, folder: Path) -> None:
    assert run("export", "--format", "openeox", "--output", "eox").status == 0
    index = json.loads((folder / "eox" / "index.json").read_text())
    for record in index["records"]:
        validators.openeox().validate(json.loads((folder / "eox" / record["href"]).read_text()))
    again = run("export", "--format", "openeox", "-o", "eox")
    assert (again.status, "--force" in again.err) == (2, True)
    assert run("export", "--format", "openeox", "-o", "eox", "--force").status == 0


def test_cle_is_a_document_for_each_product(run: Run, folder: Path) -> None:
    printed = run("export", "--format", "cle").json
    assert list(printed) == ["xcp-ng", "xenserver"]
    assert run("export", "--format", "cle", "-o", "cle").status == 0
    for name, document in printed.items():
        validators.cle().validate(document)
        assert json.loads((folder / "cle" / f"{name}.json").read_text()) == document


def test_endoflife_is_valid(run: Run) -> None:
    validators.endoflife("FullProductListResponse").validate(run("export", "--format", "endoflife").json)


def test_a_site_is_written_where_it_is_told(run: Run, folder: Path) -> None:
    assert run("export", "--what", "site", "public").status == 0
    assert (folder / "public" / "index.html").exists()
    assert (folder / "public" / "data" / "openeox" / "xcp-ng" / "8.3.json").exists()
    assert run("export", "--what", "site", "public").status == 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--what", "site"), "Name one folder"),
        (("--what", "site", "a", "b"), "Name one folder"),
        (("--what", "site", "a", "--format", "json"), "leave --format and --json out"),
        (("--what", "fleet", "lab"), "the report on the fleet is written whole: leave 'lab' out"),
        (("--what", "fleet", "--format", "openeox"), "--format openeox is of releases: leave --what fleet out"),
    ],
)
def test_options_that_contradict_are_told(run: Run, args: tuple[str, ...], told: str) -> None:
    ran = run("export", *args)
    assert (ran.status, ran.out, told in ran.err) == (2, "", True)


@pytest.mark.parametrize("form", ["csv", "md", "json"])
@pytest.mark.parametrize("what", ["hosts", "fleet"])
def test_a_fleet_that_was_never_swept_is_written_in_every_form(
    run: Run, folder: Path, what: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "x")
    (folder / "xocompat.yaml").write_text(
        "targets: [{name: lab-a, address: 192.0.2.1, username: u, password_env: PW, tags: [lab]}]\n"
    )
    assert run("db", "upgrade").status == 0
    ran = run("export", "--what", what, "--format", form)
    assert (ran.status, ran.err) == (0, "")
    assert ("lab-a" in ran.out) is (what == "fleet")
