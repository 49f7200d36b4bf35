"""The wheel holds all that a look-up needs, in an environment that has never seen this checkout."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment elsewhere, with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    _run(folder / "env" / "bin" / "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "env" / "bin"


def test_a_look_up_answers_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    answer = json.loads(_run(installed / "xocompat", "XenServer", "7.2", "--json", cwd=tmp_path))
    assert answer["assessments"][0]["name"] == "XenServer 7.2"
    where = _run(installed / "python", "-c", "from bot.matrix.load import shipped; print(shipped())", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_the_demo_plays_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    assert "XenServer 7.2" in _run(installed / "xocompat", "demo", cwd=tmp_path)


def test_a_database_is_made_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    assert "now has the tables" in _run(installed / "xocompat", "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "xocompat.db").exists()
