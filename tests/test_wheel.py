"""What is built and installed: a wheel (made from the sdist) without this checkout, and an editable copy of it."""

import json
import os
import shutil
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
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    _run(folder / "env" / "bin" / "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "env" / "bin"


@pytest.fixture(scope="module")
def copy(installed: Path) -> Path:
    """A copy of this checkout, installed editable in an environment that borrows its dependencies from the other."""
    folder = installed.parents[1] / "editable"
    shutil.copytree(
        ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "compiled.json", "advisories.json", "docs")
    )
    venv.create(folder / ".venv", with_pip=True)
    _run(folder / ".venv" / "bin" / "pip", "install", "--quiet", "--no-deps", "--editable", folder, cwd=folder)
    (own,) = folder.glob(".venv/lib/python*/site-packages")
    (others,) = installed.parent.glob("lib/python*/site-packages")
    (own / "zz-dependencies.pth").write_text(str(others))
    return folder


PARSED = "import sys; from bot.cli import main; main(['XenServer', '7.2']); print('bot.matrix.validate' in sys.modules)"


def test_a_look_up_answers_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    answer = json.loads(_run(installed / "xocompat", "XenServer", "7.2", "--json", cwd=tmp_path))
    assert answer["assessments"][0]["name"] == "XenServer 7.2"
    where = _run(installed / "python", "-c", "from bot.matrix.compiled import shipped; print(shipped())", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_the_data_of_the_wheel_is_compiled_so_that_no_yaml_is_read(installed: Path, tmp_path: Path) -> None:
    assert _run(installed / "python", "-c", PARSED, cwd=tmp_path).splitlines()[-1] == "False"
    advisories = (
        "import sys; from bot.advisories.load import load_advisories; load_advisories(); print('yaml' in sys.modules)"
    )
    assert _run(installed / "python", "-c", advisories, cwd=tmp_path).strip() == "False"


def test_an_editable_install_is_compiled_and_follows_an_edit_of_the_yaml(copy: Path, tmp_path: Path) -> None:
    python, command = copy / ".venv" / "bin" / "python", copy / ".venv" / "bin" / "xocompat"
    where = _run(python, "-c", "import bot; print(bot.__file__)", cwd=tmp_path)
    assert Path(where.strip()) == copy / "bot" / "__init__.py"
    assert _run(python, "-c", PARSED, cwd=tmp_path).splitlines()[-1] == "False"
    file = copy / "data" / "releases.yaml"
    text = file.read_text(encoding="utf-8")
    assert "day: 2018-04-13" in text
    file.write_text(text.replace("day: 2018-04-13", "day: 2018-04-14"), encoding="utf-8")
    answer = json.loads(_run(command, "XenServer", "7.2", "--json", cwd=tmp_path))
    assert answer["assessments"][0]["lifecycle"]["eol_on"] == "2018-04-14"
    assert _run(python, "-c", PARSED, cwd=tmp_path).splitlines()[-1] == "False"


def test_the_demo_plays_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    assert "XenServer 7.2" in _run(installed / "xocompat", "demo", cwd=tmp_path)


def test_the_manual_page_is_where_man_looks_for_it(installed: Path) -> None:
    page = installed.parent / "share" / "man" / "man1" / "xocompat.1"
    assert page.read_text(encoding="utf-8") == (ROOT / "share" / "man" / "man1" / "xocompat.1").read_text("utf-8")


def test_a_database_is_made_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    assert "now has the tables" in _run(installed / "xocompat", "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "xocompat.db").exists()
