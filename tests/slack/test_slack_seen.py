"""Claims on deliveries: one asker each, for an hour, across processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.slack.seen import KEPT, SqliteSeen, runtime_folder


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seen(log: FilteringBoundLogger, clock: Clock, tmp_path: Path) -> SqliteSeen:
    return SqliteSeen(log, tmp_path, clock)


def test_a_delivery_is_new_once(seen: SqliteSeen) -> None:
    assert [seen.claim("Ev1"), seen.claim("Ev1"), seen.claim("Ev2")] == [True, False, True]
    seen.close()


def test_a_claim_that_was_released_is_new_again(seen: SqliteSeen) -> None:
    seen.claim("Ev1")
    seen.release("Ev1")
    assert seen.claim("Ev1")
    seen.close()


def test_a_claim_is_forgotten_after_an_hour_or_when_the_clock_was_wrong(seen: SqliteSeen, clock: Clock) -> None:
    seen.claim("Ev1")
    clock.now += KEPT - 1
    assert not seen.claim("Ev1")
    clock.now += 1
    assert seen.claim("Ev1")
    clock.now -= 10 * KEPT
    assert seen.claim("Ev1")
    seen.close()


def test_processes_share_their_claims(seen: SqliteSeen, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, structlog; from bot.slack.seen import SqliteSeen;"
        "print(SqliteSeen(structlog.get_logger(), pathlib.Path(sys.argv[1]), lambda: 1_000_000.0).claim('Ev1'))"
    )

    def other() -> str:
        return subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True
        ).stdout.strip()

    assert other() == "True"
    assert not seen.claim("Ev1")
    assert seen.claim("Ev2")
    assert other() == "False"
    seen.close()


def test_a_file_that_fails_answers_twice_rather_than_not_at_all(seen: SqliteSeen, kept_log: LogCapture) -> None:
    seen.claim("Ev1")
    seen.close()
    assert seen.claim("Ev1")
    seen.release("Ev1")
    assert [entry["log_level"] for entry in kept_log.entries] == ["warning", "warning"]


def test_without_a_folder_claims_are_kept_in_memory(log: FilteringBoundLogger, clock: Clock) -> None:
    seen = SqliteSeen(log, None, clock)
    assert [seen.claim("Ev1"), seen.claim("Ev1")] == [True, False]
    seen.close()


def test_the_folder_is_private_to_the_user(tmp_path: Path) -> None:
    folder = runtime_folder({}, tmp_path)
    assert folder is not None
    assert folder.name == f"xocompat-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)}, Path("/nowhere")) == tmp_path / "xocompat"


def test_a_folder_that_is_open_to_others_or_no_folder_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / f"xocompat-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o755)
    assert runtime_folder({}, tmp_path) is None
    folder.rmdir()
    folder.symlink_to(tmp_path)
    assert runtime_folder({}, tmp_path) is None
    assert runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path / "missing")}, tmp_path) is None
