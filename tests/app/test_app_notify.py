"""An alert's life, from its threshold to its end, as each notifier's receiver sees it."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from standardwebhooks import Webhook

from bot.alerts.delivery.retry import RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import LEAD, AlertPlan, Route
from bot.chat.channels import notify_channel
from bot.chat.transport import ChannelTransports
from bot.matrix.matrix import Matrix
from bot.notify.alertmanager import AlertmanagerNotifier
from bot.notify.notifier import Notifier, NotifierTarget, NotifierTransport
from bot.notify.targets import NotifierParts, notifiers_of
from bot.settings.notifiers import NotifierKind
from bot.simulator import Simulator
from tests.app.conftest import EVERY, Clock, House
from tests.app.conftest import Start as Begin
from tests.notify.grounds import SECRET, ca_file
from tests.notify.receivers import AlertmanagerServer, HttpReceiver, MatrixServer, Says, SmtpReceiver, tls

QUICK = RetryPolicy(between=0, settling=0.05, pause=0.02, longest=0.1, lease=10, poll=0.02)
LINK = "https://example.slack.com/archives/C1/p1"


class Told:
    """A receiver of each kind, and a worker that sends to all of them."""

    def __init__(self, folder: Path, matrix: Matrix, clock: Clock) -> None:
        self._matrix, self._clock, self._stack = matrix, clock, ExitStack()
        certificate = tls(folder)
        enter = self._stack.enter_context
        self.mail = enter(SmtpReceiver(certificate))
        self.hook, self.teams = enter(HttpReceiver(certificate)), enter(HttpReceiver(certificate))
        self.room, self.am, self.any = enter(HttpReceiver(certificate)), enter(HttpReceiver()), enter(HttpReceiver())
        self.matrix_server, self.alertmanager = MatrixServer(), AlertmanagerServer()
        self.room.answer, self.am.answer, self.teams.answer = self.matrix_server, self.alertmanager, lambda _: Says(202)
        self.targets = (
            NotifierTarget(
                "mail",
                NotifierKind.EMAIL,
                f"smtp://127.0.0.1:{self.mail.port}",
                to=("ops@example.org",),
                sender="xo@example.org",
                ca=ca_file(folder),
            ),
            NotifierTarget("hook", NotifierKind.WEBHOOK, f"{self.hook.url}/hook", SECRET, ca=ca_file(folder)),
            NotifierTarget("teams", NotifierKind.TEAMS, f"teams+{self.teams.url}/w?sig=1", ca=ca_file(folder)),
            NotifierTarget(
                "room",
                NotifierKind.MATRIX,
                f"matrix+{self.room.url}/{MatrixServer.ROOM}",
                MatrixServer.TOKEN,
                ca=ca_file(folder),
            ),
            NotifierTarget("am", NotifierKind.ALERTMANAGER, f"alertmanager+{self.am.url}"),
            NotifierTarget("any", NotifierKind.APPRISE, f"json://{self.any.url.partition('://')[2]}/"),
        )

    @property
    def plan(self) -> AlertPlan:
        """Several routes for the same hosts, one for each target."""
        return AlertPlan(None, routes=tuple(Route(notify_channel(each.name), LEAD, ("lab",)) for each in self.targets))

    def worker(self, house: House, link: str | None = None) -> tuple[OutboxWorker, dict[str, Notifier]]:
        parts = NotifierParts(house.store.alerts, lambda: self._matrix, self._clock, EVERY)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = notifiers_of(self.targets, parts)
        transports = {
            notify_channel(name): NotifierTransport(each, lambda: self._matrix, lambda _: link)
            for name, each in made.items()
        }
        log = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        return OutboxWorker(log, house.store.outbox, ChannelTransports({}, transports), self._clock, "us", QUICK), made

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def told(tmp_path: Path, matrix: Matrix, clock: Clock) -> Iterator[Told]:
    made = Told(tmp_path, matrix, clock)
    yield made
    made.close()


def _act(house: House, clock: Clock) -> None:
    ids = [alert.id for alert in house.store.alerts.open()]
    act_on(house.store.alerts, ids, AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", clock()))


def test_every_receiver_sees_an_alerts_whole_life(told: Told, start: Begin, hosts: Simulator, clock: Clock) -> None:
    house = start(told.plan)
    worker, made = told.worker(house)
    gone = next(target.name for target in hosts.targets if "lab" in target.tags)
    for happens in (_opens, _crosses, _is_acknowledged, lambda *_: _ends(start(told.plan, (gone,)), clock)):
        happens(house, clock)
        assert worker.pass_once().pending == 0, happens
    assert worker.close()
    _mail_tells_it(told)
    _webhook_tells_it(told)
    _teams_tells_it(told)
    _matrix_tells_it(told)
    _alertmanager_tells_it(told, made)
    said = [str(got.json["title"]) for got in told.any.got]
    assert [len(said), "XCP-ng 8.3" in said[1]] == [5, True]


def _opens(house: House, clock: Clock) -> None:
    clock.pass_by(738 - 360)
    house.sweep()


def _crosses(house: House, clock: Clock) -> None:
    clock.pass_by(185)
    house.sweep()


def _is_acknowledged(house: House, clock: Clock) -> None:
    clock.pass_by(1)
    _act(house, clock)


def _ends(house: House, clock: Clock) -> None:
    clock.pass_by(1)
    house.sweep()


def _mail_tells_it(told: Told) -> None:
    start, new, threshold, acknowledged, resolved = told.mail.mails
    assert "watch for this channel" in start["Subject"]
    assert new["Subject"] == "[xocompat] XCP-ng 8.3 LTS"
    assert {each["Subject"] for each in (threshold, acknowledged, resolved)} == {"Re: [xocompat] XCP-ng 8.3 LTS"}
    assert {each["References"] for each in (threshold, acknowledged, resolved)} == {new["Message-ID"]}
    assert {each["In-Reply-To"] for each in (threshold, acknowledged, resolved)} == {new["Message-ID"]}
    assert len({each["Message-ID"] for each in told.mail.mails}) == 5
    texts = [each.get_body(("plain",)).get_content() for each in told.mail.mails]  # type: ignore[union-attr]
    assert "gets no security updates from 30 Nov 2028: 12 months left" in texts[1]
    assert "180-day mark passed" in texts[2]
    assert texts[3].startswith("XCP-ng 8.3 LTS: acknowledged by somebody in Slack on ")
    assert "✅ XCP-ng 8.3 LTS: " in texts[4]
    assert "U0123456789" not in "".join(texts)


def _webhook_tells_it(told: Told) -> None:
    verifier = Webhook(SECRET)
    clocked = [(got, {**got.headers}) for got in told.hook.got]
    documents = [_verified(verifier, got.body, headers) for got, headers in clocked]
    types = ["channel.started", "alert.opened", "alert.updated", "alert.acknowledged", "alert.resolved"]
    assert [each["type"] for each in documents] == types
    assert [each["data"]["reason"] for each in documents] == [None, None, "threshold", None, "resolved"]
    assert len({headers["webhook-id"] for _, headers in clocked}) == 5
    (alert,) = documents[3]["data"]["alerts"]
    assert (alert["state"], alert["acknowledged_by"]) == ("acknowledged", "somebody in Slack")
    assert alert["channel"] == "notify:hook"


def _verified(verifier: Webhook, body: bytes, headers: dict[str, str]) -> Any:
    """As an independent receiver does; the test's clock is in 2028, so that the time is signed anew for it."""
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == verifier.sign(headers["webhook-id"], at, body.decode())
    return json.loads(body)


def _teams_tells_it(told: Told) -> None:
    cards = [got.json["attachments"][0]["content"] for got in told.teams.got]
    assert {card["type"] for card in cards} == {"AdaptiveCard"}
    texts = ["".join(run["text"] for block in card["body"] for run in block["inlines"]) for card in cards]
    assert len(texts) == 5
    for text, said in zip(texts[1:], ("12 months left", "180-day mark", "acknowledged by", "✅"), strict=True):
        assert said in text


def _matrix_tells_it(told: Told) -> None:
    events = [*told.matrix_server.events.items()]
    opening = events[1][0]
    related = [content.get("m.relates_to", {}) for _, content in events]
    relations = [(each.get("rel_type"), each.get("event_id")) for each in related]
    assert relations[:2] == [(None, None)] * 2
    assert set(relations[2:]) == {("m.replace", opening), ("m.thread", opening)}
    threads = [
        content["body"] for _, content in events if content.get("m.relates_to", {}).get("rel_type") == "m.thread"
    ]
    assert len(threads) == 2, "the threshold and the end; the acknowledgement is an edit"
    edits = [content["m.new_content"]["body"] for _, content in events if "m.new_content" in content]
    assert "acknowledged by somebody in Slack" in edits[1]
    assert {content["msgtype"] for _, content in events} == {"m.notice"}


def _alertmanager_tells_it(told: Told, made: dict[str, Notifier]) -> None:
    (alert,) = told.alertmanager.alerts.values()
    assert alert["labels"]["alertname"] == "XocompatEol"
    assert alert["labels"]["release"] == "8.3"
    assert alert["annotations"]["state"] == "resolved"
    posts = [each.json[0] for each in told.am.got]
    assert {json.dumps(post["labels"], sort_keys=True) for post in posts} == {
        json.dumps(alert["labels"], sort_keys=True)
    }
    states = [*dict.fromkeys(post["annotations"]["state"] for post in posts)]
    assert states == ["firing", "acknowledged", "resolved"]
    assert isinstance(made["am"], AlertmanagerNotifier)
