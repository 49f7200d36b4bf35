"""Two `serve` on one database: a slot is swept once and an alert told once, whoever of them is killed."""

import json
import signal
import sys
import time
from collections import Counter
from typing import Any

import pytest

from bot.simulator import Silence
from bot.store.tables import alerts, leases, outbox, sightings, sweeps
from tests.acceptance.bots import Bot, limited
from tests.acceptance.lab import CHANNEL, SECRET
from tests.acceptance.waiting import until
from tests.acceptance.watched import POOLS, TOLD, Watch
from tests.slack.signed import command, headers

STALE = 2.0

TAKEN_OVER_WITHIN = 35.0
"""Seconds: what a sweep's process has it for, and how often others ask for it, with room for a slow machine."""


@pytest.fixture
def watch(watch_on: Any, empty_server: str) -> Watch:
    watch: Watch = watch_on(empty_server)
    return watch


def _run(watch: Watch) -> Any:
    """The only sweep, as far as it has come; None before it begins."""
    return next(iter(watch.rows(sweeps)), None)


def _outlives(watch: Watch) -> bool:
    """Whether a sweep goes on for so long that another process would have taken it, were it not alive."""
    run = _run(watch)
    until = next(lease.until for lease in watch.rows(leases) if (lease.kind, lease.name) == ("sweep", str(run.id)))
    return bool((until - run.started_at).total_seconds() > 3 * STALE)


def _is_told(watch: Watch) -> bool:
    waiting = [row for row in watch.rows(outbox) if row.done_at is None]
    return len(watch.messages) >= TOLD and not waiting


def _by(bots: list[Bot], name: str) -> tuple[Bot, Bot]:
    """The bot that is called so, and the other one."""
    return (bots[0], bots[1]) if f":{bots[0].pid}:" in name else (bots[1], bots[0])


def test_a_sweep_is_one_processs_until_that_is_killed_and_then_the_others(watch: Watch) -> None:
    watch.hosts["old-1"].fail(Silence())
    bots = [watch.bot(limited(stale=STALE)) for _ in range(2)]
    for bot in bots:
        until(lambda bot=bot: bot.events("serving"), 20, "it serves")  # type: ignore[misc] # mypy: no such default
    until(lambda: _run(watch), 20, "a sweep begins")
    until(lambda: _outlives(watch), 20, "it goes on")
    assert [watch.asked(host) for host in ("xen-1", "xen-2")] == [1, 1]
    begun = _run(watch)
    victim, survivor = _by(bots, begun.by)
    victim.kill()
    watch.hosts["old-1"].recover()
    until(lambda: _run(watch).finished_at, 20, "it is done")
    (run,) = watch.rows(sweeps)
    assert f":{survivor.pid}:" in run.by
    assert run.started_at == begun.started_at
    assert (run.sources, run.failed) == (len(POOLS), 0)
    assert [watch.asked(host) for host in ("xen-1", "xen-2")] == [1, 1]  # they have answered the one that died
    until(lambda: _is_told(watch), 20, "all is told")
    assert survivor.stop() == 0, survivor.told
    watch.slack.settle()
    assert Counter(row.subject for row in watch.rows(alerts)) == {"release:XCP-ng:8.2": 1, "release:XenServer:7.2": 2}
    assert len(watch.messages) == TOLD


def test_with_the_times_of_the_product_a_killed_sweep_goes_on_within_35_seconds(watch: Watch) -> None:
    watch.hosts["old-1"].fail(Silence())
    bots = [watch.bot() for _ in range(2)]
    for bot in bots:
        until(lambda bot=bot: bot.events("serving"), 20, "it serves")  # type: ignore[misc] # mypy: no such default
    until(lambda: len(watch.rows(sightings)) == 2, 20, "two have answered")
    begun = _run(watch)
    victim, survivor = _by(bots, begun.by)
    asked_before = watch.asked("old-1")
    victim.kill()
    killed_at = time.monotonic()
    watch.hosts["old-1"].recover()
    until(lambda: watch.asked("old-1") > asked_before, TAKEN_OVER_WITHIN, "it goes on")
    assert time.monotonic() - killed_at <= TAKEN_OVER_WITHIN
    until(lambda: _run(watch).finished_at, 20, "it is done")
    run = _run(watch)
    assert f":{survivor.pid}:" in run.by
    assert (run.started_at, run.sources, run.failed) == (begun.started_at, len(POOLS), 0)
    assert [watch.asked(host) for host in ("xen-1", "xen-2")] == [1, 1]


def test_every_slot_is_swept_once(watch: Watch) -> None:
    bots = [watch.bot(every="2s") for _ in range(2)]
    until(lambda: sum(bool(run.finished_at) for run in watch.rows(sweeps)) >= 3, 30, "three sweeps")
    until(lambda: len(watch.messages) >= TOLD, 30, "all is told")
    for bot in bots:
        bot.send(signal.SIGTERM)
    assert [bot.ended(10) for bot in bots] == [0, 0]
    runs = watch.rows(sweeps)
    assert len({run.slot for run in runs}) == len(runs)
    assert sum(bool(run.finished_at) for run in runs) <= watch.asked("xen-1") <= len(runs)
    assert len(watch.messages) == TOLD


def test_what_one_part_hears_the_other_part_tells(watch: Watch) -> None:
    serve = [sys.executable, "-m", "bot", "serve", "--part"]
    scheduler, chat = watch.bot([*serve, "schedule"]), watch.bot([*serve, "chat"])
    until(lambda: _is_told(watch), 20, "all is told")
    chat.wait_until_ready()
    scheduler.wait_until_ready()
    body = command("ack 1", channel_id=CHANNEL)
    answer = chat.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))[1]
    assert json.loads(answer)["text"] == "acknowledged: alert 1"
    until(lambda: any("acknowledged by" in str(each.blocks) for each in watch.messages), 10, "it stands in the message")
    assert [bot.stop() for bot in (scheduler, chat)] == [0, 0]
    assert watch.asked("xen-1") == 1
