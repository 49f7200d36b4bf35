"""Advisories are read when they are asked for, from a compiled file of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.advisories import validate
from bot.advisories.load import COMPILED, compile_data, load_advisories
from bot.matrix import load as matrix
from tests.conftest import Edit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number each time that the YAML was checked."""
    made: list[int] = []
    checked = validate.validated

    def counted(texts: dict[str, bytes]) -> dict[str, object]:
        made.append(len(texts))
        return checked(texts)

    monkeypatch.setattr(validate, "validated", counted)
    return made


@pytest.mark.parametrize("name", ["advisories", "orchestras", "releases"])
def test_an_edit_of_any_of_its_files_holds_at_once(folder: Path, edit: Edit, checks: list[int], name: str) -> None:
    load_advisories(folder)
    words = {"advisories": ("day: 2026-11-26", "day: 2026-11-27"), "orchestras": ("0.37.0", "0.37.1")}
    edit(name, *words.get(name, ("source: ", "# another remark\nsource: ")))
    loaded = load_advisories(folder)
    assert checks == [3, 3]
    assert str(loaded.day) == ("2026-11-27" if name == "advisories" else "2026-11-26")
    assert bool(loaded.orchestras.of_rest_api("0.37.1")) == (name == "orchestras")


def test_the_other_data_and_these_are_compiled_apart(folder: Path) -> None:
    assert COMPILED != matrix.COMPILED
    content = json.loads(compile_data(folder))["data"]
    assert set(content) == {"advisories", "orchestras"}


def test_a_look_up_reads_no_advisory() -> None:
    program = (
        "import sys; from bot.cli import main; main(['XenServer', '7.2']);"
        "print([name for name in sys.modules if name.startswith('bot.advisories')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
