"""`serve` without any chat: it sweeps, judges and notifies; `alerts` and `ack` work in a shell beside it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.store.tables import outbox
from tests.acceptance.bots import Bot
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import environment
from tests.acceptance.test_serve_ways import NOBODY
from tests.acceptance.waiting import until
from tests.acceptance.watched import BEARER, Watch
from tests.notify.grounds import PASSWORD, SECRET, ca_file
from tests.notify.receivers import AlertmanagerServer, HttpReceiver, Says, SmtpReceiver, tls


class Receivers:
    """A mail server, a webhook's receiver and an Alertmanager, with the configuration that leads there."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        context = tls(folder)
        self.mail = stack.enter_context(SmtpReceiver(context, ("xo", PASSWORD)))
        self.hook, self.am = stack.enter_context(HttpReceiver(context)), stack.enter_context(HttpReceiver())
        self.am.answer = self.alertmanager = AlertmanagerServer()
        ca = str(ca_file(folder))
        mail = {"name": "mail", "url_env": "NOTIFY_MAIL", "to": ["ops@example.org"], "from": "xo@example.org", "ca": ca}
        hook = {"name": "hook", "url_env": "NOTIFY_HOOK", "secret_env": "NOTIFY_HOOK_SECRET", "ca": ca}
        am = {"name": "am", "url": f"alertmanager+{self.am.url}"}
        routes = [{"pools": ["prod"], "channel": f"notify:{name}"} for name in ("mail", "hook", "am")]
        self.environ = {
            **NOBODY,
            "NOTIFY_MAIL": f"smtp://xo:{PASSWORD}@127.0.0.1:{self.mail.port}",
            "NOTIFY_HOOK": f"{self.hook.url}/{PASSWORD}",
            "NOTIFY_HOOK_SECRET": SECRET,
            "XOCOMPAT_NOTIFY": json.dumps([mail, hook, am]),
            "XOCOMPAT_ALERTS__CHANNEL": "notify:hook",
            "XOCOMPAT_ALERTS__ROUTES": json.dumps(routes),
        }

    @property
    def types(self) -> list[str]:
        return [got.json["type"] for got in self.hook.got]

    @property
    def mails(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mail.mails]


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[Receivers]:
    with ExitStack() as stack:
        yield Receivers(tmp_path, stack)


@pytest.fixture
def watch(watch_on: Any, tmp_path: Path) -> Watch:
    made: Watch = watch_on(f"sqlite:///{tmp_path / 'fleet.db'}")
    return made


def _shell(bot: Bot, watch: Watch, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    about = {"DATABASE_URL": watch.url, "XOCOMPAT_CONFIG": str(watch.folder / "xocompat.yaml"), **environ}
    command = [sys.executable, "-m", "bot", *words]
    env = environment(watch.folder, "http://127.0.0.1:9", bot.port, **about)
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=30, check=False)


def test_without_chat_it_sweeps_notifies_and_is_answered_in_the_shell(watch: Watch, receivers: Receivers) -> None:
    bot = watch.bot(None, **receivers.environ)
    until(lambda: "[xocompat] XCP-ng 8.2 LTS" in receivers.mails, 30, "a mail")
    until(lambda: receivers.types.count("alert.opened") == 2, 20, "two alerts, one by the route and one by default")
    until(lambda: receivers.alertmanager.alerts, 20, "the mirror")
    (line,) = bot.events("serving")
    assert (line["way"], line["notifies"]) == ("no chat", "mail, hook, am")
    assert bot.events("nobody is told") == []
    assert bot.ask("GET", "/readyz") == (200, "ready\n")
    assert "BEGIN:VCALENDAR" in bot.ask("GET", "/calendar.ics")[1]
    listed = _shell(bot, watch, "alerts", "--json", **receivers.environ)
    alerts = {each["channel"]: each for each in json.loads(listed.stdout)["alerts"] if each["release"] == "8.2"}
    assert alerts.keys() == {"notify:mail", "notify:hook", "notify:am"}
    ids = [str(each["id"]) for each in alerts.values()]
    assert _shell(bot, watch, "ack", *ids, **receivers.environ).returncode == 0
    until(lambda: "alert.acknowledged" in receivers.types, 20, "the acknowledgement is told")
    until(lambda: receivers.mails.count("Re: [xocompat] XCP-ng 8.2 LTS") == 1, 20, "in the mail's thread, too")
    metrics = until(lambda: bot.ask("GET", "/metrics", headers=BEARER)[1], 10, "metrics")
    assert 'xocompat_deliveries_total{channel="notify:mail",status="delivered"}' in metrics
    assert bot.stop() == 0
    assert not [secret for secret in (PASSWORD, SECRET) if secret in bot.told]
    assert "Traceback" not in bot.told


def test_a_target_that_is_away_keeps_nobody_else_waiting_and_loses_nothing(watch: Watch, receivers: Receivers) -> None:
    receivers.hook.answer = lambda _: Says(429, headers={"Retry-After": "600"})
    bot = watch.bot(None, **receivers.environ)
    until(
        lambda: "[xocompat] XCP-ng 8.2 LTS" in receivers.mails, 30, "a mail, while the webhook wants to be left alone"
    )
    assert [got.json["type"] for got in receivers.hook.got] == ["channel.started"], "which is left alone"
    waiting = [row for row in watch.rows(outbox) if row.channel == "notify:hook" and row.done_at is None]
    assert len(waiting) >= 2
    assert bot.stop() == 0


def test_all_that_is_wrong_with_variables_is_said_at_once(start_bot: StartBot) -> None:
    notify = [{"name": "mail", "url_env": "NOTIFY_MAIL"}, {"name": "hook", "url_env": "A", "secret_env": "B"}]
    environ = {**NOBODY, "XOCOMPAT_NOTIFY": json.dumps(notify), "NOTIFY_MAIL": f"smtp://u:{PASSWORD}@h"}
    bot = start_bot("http://127.0.0.1:9", environ, [sys.executable, "-m", "bot", "serve"])
    assert bot.ended(20) == 2
    lines = [line.removeprefix("xocompat: ") for line in bot.told.splitlines()]
    address = "an e-mail address such as ops@example.org"
    assert lines == [
        f"notify: mail.to: is missing: e-mail needs whom the mail goes to, {address}",
        f"notify: mail.from: is missing: e-mail needs whom it comes from, {address}",
        "B: is not set: notify hook needs it",
        "A: is not set: it is the URL of notify hook",
    ]


def test_the_doctor_looks_and_sends_only_when_it_is_told_to(watch: Watch, receivers: Receivers) -> None:
    bot = watch.bot([sys.executable, "-c", "pass"], **receivers.environ)
    looked = _shell(bot, watch, "doctor", "--json", **receivers.environ)
    checks = {each["name"]: each for each in json.loads(looked.stdout)["checks"]}
    assert [checks[f"notify {name}"]["ok"] for name in ("mail", "hook", "am")] == [True] * 3
    assert (receivers.mails, receivers.types) == ([], [])
    _shell(bot, watch, "doctor", "--send", "mail", **receivers.environ)
    assert receivers.mails == ["[xocompat] a test of mail"]
    none = _shell(bot, watch, "doctor", "--send", "phone", **receivers.environ)
    assert none.returncode == 3
    assert 'There is no notifier "phone" in `notify`. There: mail, hook, am.' in none.stderr
