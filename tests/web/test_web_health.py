"""Health: alive while the process is, ready while every check passes."""

from bot.web.health import CachedCheck, health
from bot.web.server import HttpRequest

ASKED = HttpRequest("GET", "/", {})


def test_the_process_is_alive_whatever_the_checks_say() -> None:
    response = health([lambda: "no Slack"])["/healthz"].handler(ASKED)
    assert (response.status, response.body) == (200, "ok\n")


def test_it_is_ready_while_every_check_passes() -> None:
    assert health([lambda: None, lambda: None])["/readyz"].handler(ASKED).status == 200


def test_it_is_not_ready_for_every_reason_there_is() -> None:
    response = health([lambda: "no Slack", lambda: None, lambda: "no disk"])["/readyz"].handler(ASKED)
    assert (response.status, response.body) == (503, "no Slack\nno disk\n")


def test_a_notice_is_told_and_keeps_nothing_from_being_ready() -> None:
    ready = health([lambda: None], [lambda: "the list is old", lambda: None])["/readyz"].handler(ASKED)
    assert (ready.status, ready.body) == (200, "ready\nthe list is old\n")
    not_ready = health([lambda: "no Slack"], [lambda: "the list is old"])["/readyz"].handler(ASKED)
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
