"""What goes wrong around a bot in a process: tokens, ports, crowds, hanging posts. Slack is a stand-in here."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.chat.session.conversation import DRAIN
from tests.acceptance.bots import HTTP, SOCKET, Bot, limited, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import APP_TOKEN, BOT_TOKEN, SECRET
from tests.acceptance.waiting import until
from tests.slack.signed import FORM, command, headers, mention, press
from tests.slack.standin import Call, Said, StandIn

JSON = "application/json"
REFUSED = {"ok": False, "error": "invalid_auth"}


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def hold(standin: StandIn) -> Iterator[threading.Event]:
    """Posts to Slack hang until this is set."""
    go = threading.Event()

    def slowly(_: Call) -> Said:
        go.wait(20)
        return Said({"ok": True})

    standin.answers |= {"chat.postMessage": slowly, "respond": slowly}
    yield go
    go.set()


def _post(bot: Bot, body: str, kind: str = FORM) -> tuple[int, str]:
    return bot.ask("POST", "/slack/events", body.encode(), headers(body, kind, SECRET))


def _lines(bot: Bot) -> list[str]:
    return [line for line in bot.told.splitlines() if not line.startswith("{")]


@pytest.mark.parametrize(
    ("way", "method", "token"),
    [(SOCKET, "auth.test", "BOT"), (SOCKET, "apps.connections.open", "APP"), (HTTP, "auth.test", "BOT")],
    ids=["bot token", "app token", "bot token over HTTP"],
)
def test_a_token_that_slack_refuses_is_one_clear_line(
    standin: StandIn, start_bot: StartBot, way: dict[str, str], method: str, token: str
) -> None:
    standin.answers[method] = REFUSED
    bot = start_bot(standin.address, way)
    assert bot.ended(20) == 1
    assert _lines(bot) == [
        f"xocompat: Slack refuses SLACK_{token}_TOKEN (invalid_auth). `xocompat doctor` says more."
    ], bot.told


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"SLACK_BOT_TOKEN": f'"{BOT_TOKEN}"', "SLACK_APP_TOKEN": APP_TOKEN.replace("of-the", "of -the")},
            [("SLACK_BOT_TOKEN", "has quotes in its value"), ("SLACK_APP_TOKEN", "has white space in its value")],
        ),
        (
            {"SLACK_BOT_TOKEN": APP_TOKEN, "SLACK_APP_TOKEN": BOT_TOKEN},
            [("SLACK_BOT_TOKEN", "holds an app-level token"), ("SLACK_APP_TOKEN", "holds a bot's token")],
        ),
        ({}, [("SLACK_APP_TOKEN", "is not set")]),
        (
            {"SLACK_SIGNING_SECRET": BOT_TOKEN, "SLACK_BOT_TOKEN": "xoxp-of-the-lab"},
            [("SLACK_BOT_TOKEN", "holds a user's token"), ("SLACK_SIGNING_SECRET", "holds a bot's token")],
        ),
    ],
)
def test_what_is_wrong_with_tokens_is_told_at_once_and_without_asking_slack(
    standin: StandIn, start_bot: StartBot, environ: dict[str, str], said: list[tuple[str, str]]
) -> None:
    bot = start_bot(standin.address, environ)
    assert bot.ended(20) == 2
    assert len(_lines(bot)) == len(said)
    for told, (variable, what) in zip(_lines(bot), said, strict=True):
        assert told.startswith(f"xocompat: {variable}: {what}")
    assert "the-lab" not in bot.told
    assert standin.calls == []


def test_gunicorn_says_what_is_not_set_and_gives_up(standin: StandIn, start_bot: StartBot) -> None:
    bot = start_bot(standin.address, {}, procfile("web"))
    assert bot.ended(20) != 0
    assert "xocompat: SLACK_SIGNING_SECRET: is not set" in bot.told
    assert "bot/app.py" not in bot.told  # gunicorn itself may end with a traceback when two workers give up at once


def test_a_port_that_is_taken_is_one_clear_line(standin: StandIn, start_bot: StartBot) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        bot = start_bot(standin.address, HTTP, None, port)
        assert bot.ended(20) == 1
    (line,) = _lines(bot)
    assert line.startswith(f"xocompat: Port {port} cannot be listened on")


def test_a_crowd_is_told_that_the_bot_is_busy(standin: StandIn, start_bot: StartBot, hold: threading.Event) -> None:
    bot = start_bot(standin.address, HTTP, limited(threads=1, waiting=0))
    bot.wait_until_ready()
    assert _post(bot, mention("<@U0000BOT> 8.2"), JSON)[0] == 200
    standin.wait("chat.postMessage")
    begun = time.monotonic()
    assert _post(bot, mention("<@U0000BOT> 8.3", "Ev2"), JSON)[0] == 200
    assert _post(bot, command("XenServer 7.2"))[0] == 200
    assert time.monotonic() - begun < 3
    assert standin.wait("chat.postEphemeral")[0].fields["text"].startswith("I am busy")
    assert _post(bot, press("ask_1", '{"words": "8.2"}', standin.response_url))[0] == 200
    hold.set()
    assert standin.wait("respond")[0].fields["text"].startswith("I am busy")


def test_what_was_taken_on_is_finished_when_it_is_told_to_end(
    standin: StandIn, start_bot: StartBot, hold: threading.Event
) -> None:
    for command_line in (None, procfile("web")):
        hold.clear()
        bot = start_bot(standin.address, HTTP, command_line)
        bot.wait_until_ready()
        taken = len(standin.of("chat.postMessage"))
        assert _post(bot, mention("<@U0000BOT> 8.2", f"Ev{taken}"), JSON)[0] == 200
        standin.wait("chat.postMessage", taken + 1)
        bot.send(signal.SIGTERM)
        # At once, not when it gave up waiting (DRAIN): what it took meanwhile would not be finished.
        until(lambda bot=bot: not _answers(bot), DRAIN - 1, "takes nothing more")  # type: ignore[misc] # no such default
        hold.set()
        assert bot.ended(10) == 0, bot.told
        assert "not delivered" not in bot.told


def _answers(bot: Bot) -> bool:
    try:
        return bot.ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_a_post_that_hangs_does_not_keep_it_from_ending(
    standin: StandIn, start_bot: StartBot, hold: threading.Event
) -> None:
    assert not hold.is_set()
    bot = start_bot(standin.address, HTTP)
    bot.wait_until_ready()
    for at in range(30):
        assert _post(bot, mention("<@U0000BOT> 8.2", f"Ev{at}"), JSON)[0] == 200
    standin.wait("chat.postMessage", 8)
    begun = time.monotonic()
    assert bot.stop() == 0, bot.told
    assert time.monotonic() - begun < 10


def test_a_delivery_is_answered_once_whichever_process_gets_it(standin: StandIn, start_bot: StartBot) -> None:
    bot = start_bot(standin.address, HTTP, procfile("web"))
    bot.wait_until_ready()
    body = mention("<@U0000BOT> 8.2")
    with ThreadPoolExecutor(8) as crowd:
        statuses = [*crowd.map(lambda _: _post(bot, body, JSON)[0], range(40))]
    assert statuses == [200] * 40
    until(lambda: len(bot.events("delivered again")) == 39, 10, "39 were not new")
    assert len(standin.wait("chat.postMessage")) == 1
    assert bot.stop() == 0


def test_while_slack_is_away_it_lives_but_is_not_ready(standin: StandIn, start_bot: StartBot) -> None:
    standin.answers["auth.test"] = Said("<html>", 502)
    bot = start_bot(standin.address, HTTP)
    until(lambda: bot.ask("GET", "/healthz")[0] == 200, 20, "alive")
    status, why = bot.ask("GET", "/readyz")
    assert (status, why) == (503, "Slack cannot be reached: something else answered (HTTP 502)\n")
    assert "127.0.0.1" not in why
