"""Health: alive while the process is, ready while every check passes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.web.health import CachedCheck, health
from bot.web.server import HttpRequest

ASKED = HttpRequest("GET", "/", {})


def test_the_process_is_alive_whatever_the_checks_say() -> None:
    response = health({"Slack": lambda: "no Slack"})["/healthz"].handler(ASKED)
    assert (response.status, response.body) == (200, "ok\n")


def test_it_is_ready_while_every_check_passes() -> None:
    assert health({"a": lambda: None, "b": lambda: None})["/readyz"].handler(ASKED).status == 200


def test_it_is_not_ready_for_every_reason_there_is() -> None:
    response = health({"Slack": lambda: "no Slack", "b": lambda: None, "disk": lambda: "no disk"})["/readyz"].handler(
        ASKED
    )
    assert (response.status, response.body) == (503, "no Slack\nno disk\n")


def test_a_notice_is_told_and_keeps_nothing_from_being_ready() -> None:
    ready = health({"a": lambda: None}, [lambda: "the list is old", lambda: None])["/readyz"].handler(ASKED)
    assert (ready.status, ready.body) == (200, "ready\nthe list is old\n")
    not_ready = health({"Slack": lambda: "no Slack"}, [lambda: "the list is old"])["/readyz"].handler(ASKED)
    assert (not_ready.status, not_ready.body) == (503, "no Slack\nthe list is old\n")


def test_a_check_that_is_kept_is_not_made_again_before_its_time() -> None:
    now, asked = [0.0], list[int]()

    def check() -> str:
        asked.append(1)
        return "no"

    kept = CachedCheck(check, 30, lambda: now[0])
    assert [kept(), kept()] == ["no", "no"]
    now[0] = 29.9
    kept()
    assert len(asked) == 1
    now[0] = 30.0
    kept()
    assert len(asked) == 2


def test_whatever_hangs_is_told_by_its_name_in_time() -> None:
    go = threading.Event()
    hangs = lambda: "late" if go.wait(30) else None  # noqa: E731 - the shortest name for it
    ready = health({"the database": hangs, "Slack": lambda: "no Slack"}, [hangs], within=0.2)["/readyz"].handler
    begun = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = [each.result() for each in [pool.submit(ready, ASKED) for _ in range(20)]]
    assert time.monotonic() - begun < 3
    said = "the database: no answer within 0.2 seconds\nno Slack\n"
    assert {(each.status, each.body) for each in answers} == {(503, said)}
    go.set()


def test_many_who_ask_at_once_share_one_check_and_nobody_waits_for_what_hung_before() -> None:
    go, asked = threading.Event(), list[int]()

    def check() -> None:
        asked.append(1)
        go.wait(30)

    ready = health({"the database": check}, within=0.2)["/readyz"].handler
    for _ in range(5):
        assert ready(ASKED).status == 503
    assert len(asked) == 1
    go.set()


def test_a_check_that_fails_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: told.set())
    response = health({"a": lambda: str(1 / 0)})["/readyz"].handler(ASKED)
    assert (response.status, response.body) == (503, "a check failed: the log says why\n")
    assert told.wait(10)
