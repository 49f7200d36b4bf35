"""`serve` while its database is locked or away, while hosts do not answer, and when it cannot start at all."""

import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.simulator import Silence, slow_login
from bot.store.database import Database
from bot.store.tables import alerts, outbox, sweeps
from tests.acceptance.bots import HTTP, Bot, limited
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import CHANNEL, SECRET
from tests.acceptance.waiting import until
from tests.acceptance.watched import BEARER, POOLS, TOLD, Watch
from tests.alerts.delivery.slack import Kept
from tests.alerts.delivery.weather import Fault, Script
from tests.slack.signed import command, headers, mention, press

ENDS_WITHIN = 10.0
THREAD = "1795434045.000100"
ACKNOWLEDGED_WITHIN = 3.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fleet.db"


@pytest.fixture
def watch(watch_on: Callable[[str], Watch], file: Path) -> Watch:
    return watch_on(f"sqlite:///{file}")


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def _say(bot: Bot, words: str) -> str:
    """What the bot answers to a command, in the acknowledgement that Slack waits three seconds for."""
    body = command(words, channel_id=CHANNEL)
    begun = time.monotonic()
    status, answer = bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))
    assert status == 200
    assert time.monotonic() - begun < ACKNOWLEDGED_WITHIN
    return str(json.loads(answer)["text"])


def _answer(bot: Bot, watch: Watch, words: str) -> str:
    """What the bot answers in the end: what waits for the database follows its acknowledgement."""
    told = len(watch.slack.of("respond"))
    body = command(words, watch.slack.response_url, channel_id=CHANNEL)
    status, answer = bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))
    assert status == 200
    if answer and (text := str(json.loads(answer)["text"])) != "Asking the database …":
        return text
    until(lambda: len(watch.slack.of("respond")) > told, 20, "the answer")
    return str(watch.slack.of("respond")[-1].fields["text"])


def _pressed(bot: Bot, watch: Watch) -> str:
    """What somebody is told who acknowledges by the button."""
    button = next(e for block in watch.messages[1].blocks for e in block.get("elements", []) if "act_1" in e.values())
    told = len(watch.slack.of("respond"))
    body = press("act_1", button["value"], watch.slack.response_url)
    assert bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))[0] == 200
    until(lambda: len(watch.slack.of("respond")) > told, 20, "the presser is told")
    return str(watch.slack.of("respond")[-1].fields["text"])


def _not_ready(bot: Bot) -> str | None:
    status, why = bot.ask("GET", "/readyz")
    return why if status == 503 else None


def _told(watch: Watch) -> bool:
    return len(watch.messages) == TOLD and all(row.done_at for row in watch.rows(outbox))


def _last(watch: Watch) -> Any:
    return watch.rows(sweeps)[-1]


def test_while_another_process_writes_it_answers_says_so_and_goes_on_afterwards(watch: Watch, file: Path) -> None:
    bot = watch.bot(limited(stale=2))
    until(lambda: _told(watch), 20, "all is told")
    with _held(file):
        assert _say(bot, "XCP-ng 8.3").startswith("XCP-ng 8.3 LTS")
        assert _answer(bot, watch, "alerts").startswith("3 open alerts")
        assert "is locked by another process: try again" in _answer(bot, watch, "ack 1")
        assert "is locked by another process: try again" in _pressed(bot, watch)
        why = until(lambda: _not_ready(bot), 10, "not ready")
        assert why.startswith("the database is locked by another process")
        assert str(file) not in why
        assert bot.ask("GET", "/healthz") == (200, "ok\n")
    bot.wait_until_ready()
    assert _answer(bot, watch, "ack 1") == "acknowledged: alert 1"
    until(
        lambda: _answer(bot, watch, "audit XCP-ng 8.3") == "1 entry with XCP-ng 8.3",
        10,
        "what was asked meanwhile is kept",
    )
    assert "Traceback" not in bot.told


def test_it_ends_in_time_though_another_process_writes(watch: Watch, file: Path) -> None:
    bot = watch.bot()
    until(lambda: _told(watch), 20, "all is told")
    with _held(file):
        _say(bot, "XCP-ng 8.3")  # for the audit trail
        begun = time.monotonic()
        assert bot.stop() == 0, bot.told
        assert time.monotonic() - begun < ENDS_WITHIN
    assert "Traceback" not in bot.told


def test_a_sweep_that_finds_the_database_locked_is_made_afterwards(watch: Watch, file: Path) -> None:
    watch.hosts["old-1"].fail(slow_login(4))
    bot = watch.bot(limited(stale=2))
    until(lambda: watch.rows(sweeps), 20, "a sweep begins")
    with _held(file):
        told = until(lambda: [e for e in bot.events("job not done") if e["job"] == "sweep"], 30, "it is told")
        assert "is locked by another process" in told[0]["reason"]
    until(lambda: _told(watch), 30, "all is told")
    (run,) = watch.rows(sweeps)
    assert (run.failed, run.error) == (0, None)


def test_it_ends_in_time_in_a_sweep_of_silent_hosts_and_the_next_one_makes_it(watch: Watch) -> None:
    for name in ("xen-1", "xen-2", "old-1"):
        watch.hosts[name].fail(Silence())
    first = watch.bot()
    until(lambda: watch.asked("xen-1"), 20, "the sweep asks")
    begun = time.monotonic()
    assert first.stop() == 0, first.told
    assert time.monotonic() - begun < ENDS_WITHIN
    assert _last(watch).finished_at is None
    for name in ("xen-1", "xen-2", "old-1"):
        watch.hosts[name].recover()
    watch.bot(limited(stale=1))
    until(lambda: _told(watch), 20, "all is told")
    (run,) = watch.rows(sweeps)
    assert (run.sources, run.failed) == (len(POOLS), 0)


def test_a_bot_that_is_killed_in_a_sweep_makes_it_when_it_is_back(watch: Watch) -> None:
    watch.hosts["old-1"].fail(Silence())
    first = watch.bot(limited(stale=1))
    until(lambda: watch.asked("xen-2"), 20, "the sweep asks")
    first.kill()
    watch.hosts["old-1"].recover()
    watch.bot(limited(stale=1))
    until(lambda: _told(watch), 20, "all is told")
    assert len(watch.rows(sweeps)) == 1
    assert len(watch.rows(alerts)) == 3


def test_an_answer_that_waits_for_slack_is_sent_when_the_bot_ends(watch: Watch) -> None:
    bot = watch.bot()
    until(lambda: _told(watch), 20, "all is told")
    room = watch.slack.room(CHANNEL)
    room.messages.append(Kept(THREAD, "a question", [], None, None))
    watch.slack.weather = Script([Fault.LIMITED], limited=300)
    body = mention("<@U0000BOT> XenServer 7.2", channel=CHANNEL, ts=THREAD)
    assert bot.ask("POST", "/slack/events", body.encode(), headers(body, "application/json", SECRET))[0] == 200
    until(lambda: bot.events("tried again"), 10, "it waits")
    begun = time.monotonic()
    assert bot.stop() == 0, bot.told
    assert time.monotonic() - begun < ENDS_WITHIN
    assert [each.text[:14] for each in room.messages if each.thread_ts == THREAD] == ["XenServer 7.2:"]
    assert bot.events("stopped")[0]["all_done"] is True


def _allow(server: str, connections: bool) -> None:
    """Let a database be reached or not; whoever is connected is thrown out."""
    database = Database(server)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE fresh WITH ALLOW_CONNECTIONS {connections}"))
        if not connections:
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fresh'"
            connection.execute(text(gone))
    database.close()


def test_while_postgresql_is_away_it_answers_says_so_and_goes_on_afterwards(
    watch_on: Callable[[str], Watch], server: str, empty_server: str
) -> None:
    watch = watch_on(empty_server)
    bot = watch.bot(limited(stale=2), every="2s")
    until(lambda: _told(watch), 20, "all is told")
    _allow(server, connections=False)
    why = until(lambda: _not_ready(bot), 10, "not ready")
    assert why.startswith("the database cannot be reached")
    assert _say(bot, "XCP-ng 8.3").startswith("XCP-ng 8.3 LTS")
    assert "cannot be reached" in _say(bot, "alerts")
    assert bot.ask("GET", "/metrics", headers=BEARER)[1].count("xocompat_database_up 0.0") == 1
    until(lambda: bot.events("job not done"), 20, "the sweep is not made")
    _allow(server, connections=True)
    bot.wait_until_ready()
    count = len(watch.rows(sweeps))
    until(lambda: len(watch.rows(sweeps)) > count, 20, "another sweep")
    assert _answer(bot, watch, "alerts").startswith("3 open alerts")
    assert _told(watch)
    assert bot.stop() == 0
    assert "Traceback" not in bot.told


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////no/such/folder/fleet.db", "cannot be opened: its folder must exist"),
        ("postgresql://nobody:secret@127.0.0.1:1/fleet", "cannot be reached: nothing listens there"),
    ],
    ids=["SQLite", "PostgreSQL"],
)
def test_a_database_that_cannot_be_had_is_one_line(start_bot: StartBot, url: str, said: str) -> None:
    bot = start_bot("http://127.0.0.1:1", {**HTTP, "DATABASE_URL": url})
    assert bot.ended(20) == 1
    (line,) = bot.told.splitlines()
    assert line.startswith("xocompat: The database ")
    assert said in line
    assert "secret" not in line


def test_a_bad_configuration_is_a_line_for_each_problem(start_bot: StartBot, tmp_path: Path) -> None:
    config = tmp_path / "xocompat.yaml"
    config.write_text("sweep: {every: never}\nalerts: {chanel: C0000001}\n", encoding="utf-8")
    bot = start_bot("http://127.0.0.1:1", {**HTTP, "XOCOMPAT_CONFIG": str(config)})
    assert bot.ended(20) == 2
    assert [line.split(": ")[2] for line in bot.told.splitlines()] == ["sweep.every", "alerts.chanel"]


def test_sigint_ends_it_as_sigterm_does(watch: Watch) -> None:
    bot = watch.bot()
    bot.wait_until_ready()
    assert bot.stop(signal.SIGINT) == 0
    assert bot.events("stopped")[0]["all_done"] is True
