"""The list in use in the format of data/: what was written is loaded as the same list."""

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.matrix.compiled import shipped
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.matrix.support import ListRow, Support, SupportLevel
from bot.published.data_file import list_file, row_text
from bot.published.merge import merged
from bot.published.page import Page, PageRow
from tests.published.listed import EXTRAS, FULL, PARTIAL, READ_ON, SKULL, XCP, XS, new_row, page_of


@pytest.fixture(scope="module")
def text() -> str:
    return (shipped() / "list.yaml").read_text(encoding="utf-8")


def _loaded(written_text: str, folder: Path) -> Matrix:
    """What is known once a maintainer has put the text into a copy of data/."""
    shutil.copytree(shipped(), folder, dirs_exist_ok=True)
    listed, _, added = written_text.partition("---\n")
    (folder / "list.yaml").write_text(listed, encoding="utf-8")
    if added:
        path = folder / "releases.yaml"
        entries = added.partition("releases:\n")[2]
        path.write_text(path.read_text("utf-8").replace("releases:\n", f"releases:\n{entries}\n", 1), encoding="utf-8")
    return load_matrix(folder)


def _diff(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line.strip() for line in after.splitlines() if line not in old]


def test_the_shipped_list_is_the_shipped_file(matrix: Matrix, text: str) -> None:
    assert list_file(text, matrix, matrix) == text


def test_a_page_that_changes_nothing_changes_the_day_alone(matrix: Matrix, text: str) -> None:
    assert _diff(text, list_file(text, matrix, merged(matrix, page_of(matrix), READ_ON))) == ["read_on: 2026-11-25"]


def test_a_changed_row_is_the_only_other_line_that_is_new(matrix: Matrix, text: str) -> None:
    page = page_of(matrix, new_row("XenServer 7.2", FULL, SKULL), without=("XenServer 7.2",))
    assert _diff(text, list_file(text, matrix, merged(matrix, page, READ_ON)))[1:] == [
        '- {product: XenServer, releases: ["7.2"], support: full, sources: [host-compatibility-list, xo-list-2023]}'
    ]


def test_new_releases_follow_as_a_document_for_the_other_file(matrix: Matrix, text: str) -> None:
    page = page_of(matrix, new_row("XenServer 9.1", FULL), new_row("XCP-ng 9.x", PARTIAL))
    listed, added = yaml.safe_load_all(list_file(text, matrix, merged(matrix, page, READ_ON)))
    assert listed["rows"][0]["releases"] == ["9.1"]
    assert [(entry["product"], entry["release"], entry["name"]) for entry in added["releases"]] == [
        ("XCP-ng", "9", "XCP-ng 9.x"),
        ("XenServer", "9.1", "XenServer 9.1"),
    ]


def test_a_long_row_has_a_line_for_each_field() -> None:
    row = ListRow(XS, (), Support(SupportLevel.PARTIAL, False, True), "XenServer 5.x")
    assert row_text(row, ["one-source", "another-source-with-a-longer-key"]) == (
        "  - product: XenServer\n    releases: []\n    label: XenServer 5.x\n    support: partial\n"
        "    official: false\n    extra_features: true\n    sources: [one-source, another-source-with-a-longer-key]\n"
    )


def test_new_releases_are_loaded_as_they_are_in_use(matrix: Matrix, text: str, tmp_path: Path) -> None:
    page = page_of(
        matrix,
        PageRow("XenServer 9.10 and 9.11: both", XS, ("9.10", "9.11"), (PARTIAL, EXTRAS), ("No official support",)),
        new_row("XCP-ng 9.x", FULL, EXTRAS),
    )
    in_use = merged(matrix, page, READ_ON)
    again = _loaded(list_file(text, matrix, in_use), tmp_path)
    assert again.published == in_use.published
    assert set(again.releases) == set(in_use.releases)
    assert {r.number: r for r in again.of(XCP)} == {r.number: r for r in in_use.of(XCP)}


_SIGNS = st.sampled_from([(FULL,), (PARTIAL,), (FULL, EXTRAS), (PARTIAL, EXTRAS, SKULL)])
_NOTES = st.sampled_from([(), ("No official support",), ("Anything: else #1",)])
_NEW = st.lists(st.sampled_from(["XenServer 9.1", "XCP-ng 9.x", "XCP-ng 8.10 LTS", "XenServer 10"]), unique=True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_in_use_is_loaded_as_it_was_written(
    matrix: Matrix, text: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rows = [row._replace(badges=data.draw(_SIGNS), notes=data.draw(_NOTES)) for row in page_of(matrix).rows]
    new = [new_row(label, *data.draw(_SIGNS), notes=data.draw(_NOTES)) for label in data.draw(_NEW)]
    in_use = merged(matrix, Page(tuple(data.draw(st.permutations([*new, *rows])))), READ_ON)
    again = _loaded(list_file(text, matrix, in_use), tmp_path_factory.mktemp("data"))
    assert again.published == in_use.published
