"""The compiled data: equal to the YAML, and of no harm however it was damaged, forged or left behind."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.matrix import load, validate
from bot.matrix.compiled import shipped
from bot.matrix.load import COMPILED, NAMES, compile_data, load_matrix
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from tests.conftest import Edit

ROOT = Path(__file__).parents[2]


def _content(matrix: Matrix) -> list[object]:
    return [matrix.releases, matrix.published, matrix.issues, matrix.features, matrix.hops, matrix.lifecycle_read_on]


SHIPPED = sorted(path.name for path in shipped().glob("*.yaml"))


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of files that the YAML was checked with, a number each time that it was."""
    made: list[int] = []
    checked = validate.validated

    def counted(texts: dict[str, bytes]) -> dict[str, object]:
        made.append(len(texts))
        return checked(texts)

    monkeypatch.setattr(validate, "validated", counted)
    return made


def test_what_a_build_compiles_is_what_the_yaml_says(folder: Path, matrix: Matrix, checks: list[int]) -> None:
    (folder / COMPILED).write_bytes(compile_data(folder))
    assert _content(load_matrix(folder)) == _content(matrix)
    assert checks == [len(NAMES)], "by the build alone"
    assert _content(load_matrix()) == _content(matrix)


def test_data_with_a_mistake_cannot_be_built(folder: Path, edit: Edit) -> None:
    edit("list", "support: full", "support: fully")
    with pytest.raises(DataError, match=r"list\.yaml: rows\[0\]\.support"):
        compile_data(folder)


def test_an_edit_of_the_yaml_holds_at_once_and_is_compiled(folder: Path, edit: Edit, checks: list[int]) -> None:
    load_matrix(folder)
    edit("releases", "day: 2028-11-30", "day: 2028-12-31")
    for _ in range(2):
        release = load_matrix(folder).release(Product.XCP_NG, "8.3")
        assert release
        assert release.lifecycle.eol == date(2028, 12, 31)
    assert checks == [len(NAMES)] * 2


def test_an_edit_that_keeps_size_and_time_holds_too(folder: Path, edit: Edit) -> None:
    load_matrix(folder)
    path = folder / "releases.yaml"
    before = path.stat()
    edit("releases", "day: 2028-11-30", "day: 2029-11-30")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    release = load_matrix(folder).release(Product.XCP_NG, "8.3")
    assert release
    assert release.lifecycle.eol == date(2029, 11, 30)


def _forged(compiled: bytes) -> bytes:
    assert b"2018-04-13" in compiled
    return compiled.replace(b"2018-04-13", b"2030-04-13")


def test_a_change_of_the_checks_is_noticed_too(
    folder: Path, matrix: Matrix, checks: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_matrix(folder)
    (tmp_path / "validate.py").write_text("# another version")
    monkeypatch.setattr(load, "__file__", str(tmp_path / "load.py"))
    assert _content(load_matrix(folder)) == _content(matrix)
    assert checks == [len(NAMES)] * 2


def test_a_folder_in_the_place_of_the_compiled_file_is_no_hindrance(folder: Path, matrix: Matrix) -> None:
    (folder / COMPILED).mkdir()
    assert _content(load_matrix(folder)) == _content(matrix)
    assert (folder / COMPILED).is_dir()
    assert _files(folder) == sorted([COMPILED, *SHIPPED]), "nothing temporary is left"


def test_a_compiled_file_that_cannot_be_read_is_made_again(
    folder: Path, matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_matrix(folder)
    good = (folder / COMPILED).read_bytes()
    (folder / COMPILED).write_bytes(_forged(good))
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == COMPILED:
            raise PermissionError(13, "Permission denied")
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        assert _content(load_matrix(folder)) == _content(matrix)
    assert (folder / COMPILED).read_bytes() == good


def test_a_link_that_leads_nowhere_is_replaced(folder: Path, matrix: Matrix, tmp_path: Path) -> None:
    (folder / COMPILED).symlink_to(tmp_path / "elsewhere")
    assert _content(load_matrix(folder)) == _content(matrix)
    assert not (folder / COMPILED).is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_in_a_folder_of_somebody_else_nothing_is_written(
    folder: Path, matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert _content(load_matrix(folder)) == _content(matrix)
    assert not (folder / COMPILED).exists()


@pytest.mark.parametrize("failing", ["replace", "fchmod"])
def test_where_the_disk_takes_nothing_the_yaml_is_used(
    folder: Path, matrix: Matrix, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    assert _content(load_matrix(folder)) == _content(matrix)
    assert _files(folder) == SHIPPED, "nothing temporary is left"


def test_the_compiled_file_is_for_everybody_to_read(folder: Path) -> None:
    old = os.umask(0o077)
    try:
        load_matrix(folder)
    finally:
        os.umask(old)
    assert (folder / COMPILED).stat().st_mode & 0o777 == 0o644


LOOK_UP = "import sys; from bot.cli import main; sys.exit(main(['XenServer', '7.2']))"


@pytest.mark.parametrize("environ", [{}, {"HOME": "/nonexistent"}, {"HOME": "", "XDG_CACHE_HOME": "/proc/nothing"}])
def test_a_look_up_needs_no_home(environ: dict[str, str], tmp_path: Path) -> None:
    own = {"PYTHONPATH": str(ROOT), "COLUMNS": "100", **environ}
    ran = subprocess.run(
        [sys.executable, "-c", LOOK_UP], cwd=tmp_path, env=own, capture_output=True, text=True, check=True
    )
    assert "End of life since 13 Apr 2018" in ran.stdout
    assert ran.stderr == ""


def test_a_look_up_needs_no_entry_among_the_users(tmp_path: Path) -> None:
    """As in a container that runs as a number: no name, no home, and no right to write."""
    without = (
        "import os, pwd\n"
        "def missing(uid): raise KeyError(f'getpwuid(): uid not found: {uid}')\n"
        "pwd.getpwuid = missing\nos.geteuid = os.getuid = lambda: 54321\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", without + LOOK_UP],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "End of life since 13 Apr 2018" in ran.stdout
    assert ran.stderr == ""
