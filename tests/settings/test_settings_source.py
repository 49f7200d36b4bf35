"""A look-up with nothing to read pays nothing for the configuration."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import settings_for_lookup
from bot.settings.source import settle_home, sources


def test_asking_whether_there_is_anything_to_read_imports_neither_pydantic_nor_yaml() -> None:
    code = (
        "import sys; from pathlib import Path; from bot.settings import settings_for_lookup\n"
        "from bot.settings.source import sources\n"
        "assert sources(None, {}, Path('/nowhere')).nothing_to_read\n"
        "settings_for_lookup(None, {'PORT': 'x'}, Path('/nowhere'))\n"
        "print(sorted({'pydantic', 'pydantic_core', 'yaml', 'json'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("config", "environ", "something"),
    [
        (None, {}, False),
        (None, {"PATH": "/bin", "XOCOMPATIBLE": "x", "_XOCOMPAT_COMPLETE": "x"}, False),
        (None, {"PORT": "x", "DATABASE_URL": "mysql://x", "SLACK_API_URL": "x", "SLACK_BOT_TOKEN": "x"}, False),
        (None, {"XOCOMPAT_WEB_TOKEN": "x"}, False),
        (None, {"XOCOMPAT_CONFIG": "", "XOCOMPAT_SWEEP__EVERY": " "}, False),
        (None, {"XOCOMPAT_SWEEP__EVERY": "1h"}, True),
        (None, {"XOCOMPAT_CONFIG": "no.yaml"}, True),
        (Path("no.yaml"), {}, True),
    ],
)
def test_a_named_file_or_a_variable_of_ours_is_something_to_read(
    tmp_path: Path, config: Path | None, environ: Mapping[str, str], something: bool
) -> None:
    assert sources(config, environ, tmp_path).nothing_to_read is not something


def test_a_file_in_the_folder_is_something_to_read(tmp_path: Path) -> None:
    (tmp_path / "xocompat.yaml").touch()
    assert not sources(None, {}, tmp_path).nothing_to_read


def test_a_look_up_checks_what_is_ours_and_not_what_other_programs_share(tmp_path: Path) -> None:
    (tmp_path / "xocompat.yaml").write_text("zzz: 1")
    with pytest.raises(ConfigError) as caught:
        settings_for_lookup(None, {"PORT": "x", "XOCOMPAT_SWEEP__EVERY": "x"}, tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["xocompat.yaml", "XOCOMPAT_SWEEP__EVERY"]


@pytest.mark.parametrize(
    ("uid", "home", "settled"), [(0, None, None), (54321, None, "/nonexistent"), (54321, "/h", "/h")]
)
def test_a_number_without_a_name_gets_a_home_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, uid: int, home: str | None, settled: str | None
) -> None:
    monkeypatch.setattr("os.getuid", lambda: uid)
    environ = {"HOME": home} if home else {}
    settle_home(environ)
    assert environ.get("HOME") == settled


def test_what_needs_a_home_when_it_is_imported_is_imported_without_one() -> None:
    """As a number without a name: Slack's library and PostgreSQL's look for the home folder, and raise."""
    code = (
        "import os; os.getuid = lambda: 54321\n"
        "from bot.cli import main; main(['--version'])\n"
        "import slack_bolt; from psycopg.conninfo import make_conninfo; from psycopg.pq import Conninfo\n"
    )
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
