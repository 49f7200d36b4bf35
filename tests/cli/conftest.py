"""The shell, run in this process."""

from pathlib import Path

import pytest

from bot.cli import main
from tests.cli.running import Ran, Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001 # where it runs
    """Runs a command line; without more in the folder there is no configuration."""

    def ran(*args: str) -> Ran:
        capsys.readouterr()
        status = main(args)
        return Ran(status, *capsys.readouterr())

    return ran
