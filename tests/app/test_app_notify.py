"""An alert's life, from its threshold to its end, as each notifier's receiver sees it."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
from standardwebhooks import Webhook
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import Delivery
from bot.alerts.delivery.outcome import Delivered, Lookup, Outcome
from bot.alerts.delivery.retry import DeliveryStatus, RetryPolicy
from bot.alerts.delivery.worker import ChannelDrain, DeliveryTransport, OutboxWorker
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import LEAD, AlertPlan, Route
from bot.app.dataset import shipped_dataset
from bot.app.sending import Senders, senders_of
from bot.chat.channels import ChannelKind, notify_channel
from bot.chat.transport import ChannelTransports
from bot.matrix.matrix import Matrix
from bot.notify.alertmanager import AlertmanagerNotifier
from bot.notify.notifier import Notifier, NotifierTarget, NotifierTransport
from bot.notify.targets import NotifierParts, notifiers_of
from bot.settings.model import Settings
from bot.settings.notifiers import NotifierKind
from bot.simulator import Simulator
from tests.app.conftest import EVERY, OPS, Clock, House
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


def test_a_message_leads_to_the_one_in_chat(told: Told, start: Begin, clock: Clock) -> None:
    house = start(told.plan)
    worker, _ = told.worker(house, LINK)
    _opens(house, clock)
    worker.pass_once()
    assert worker.close()
    text, html = (told.mail.mails[1].get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    assert f"Open it in chat <{LINK}>" in text.get_content()
    assert f'<a href="{LINK}">Open it in chat</a>' in html.get_content()
    assert told.hook.got[1].json["data"]["link"] == LINK
    (action,) = [
        run["selectAction"]["url"]
        for block in told.teams.got[1].json["attachments"][0]["content"]["body"]
        for run in block["inlines"]
        if "selectAction" in run
    ]
    assert action == LINK


class _KilledError(Exception):
    """The process ends here."""


class _Dying:
    """A transport whose process is killed once the message is out, before anything is recorded."""

    def __init__(self, transport: DeliveryTransport) -> None:
        self._transport = transport

    def send(self, delivery: Delivery) -> Outcome:
        assert isinstance(self._transport.send(delivery), Delivered)
        raise _KilledError

    def find(self, delivery: Delivery) -> Lookup:
        return self._transport.find(delivery)


def test_what_a_killed_process_had_sent_is_sent_again_by_the_same_key(
    told: Told, start: Begin, clock: Clock, log: FilteringBoundLogger
) -> None:
    house = start(told.plan)
    _opens(house, clock)
    worker, _ = told.worker(house)
    transports = worker._drain.transport
    assert isinstance(transports, ChannelTransports)
    outbox = house.store.outbox
    for channel, transport in transports.notifiers.items():
        drain = ChannelDrain(
            log, outbox, _Dying(transport), QUICK, clock, "dead", worker.counters, lambda: False, lambda _: 0.0
        )
        with pytest.raises(_KilledError):
            drain.drain(channel)
    clock.pass_by(1)  # what was under way has settled
    assert worker.pass_once().pending == 0
    assert worker.close()
    ids = [str(mail["Message-ID"]) for mail in told.mail.mails]
    assert (len(ids), len(set(ids))) == (3, 2), "twice, and known by the same id"
    keys = [got.headers["webhook-id"] for got in told.hook.got]
    assert (len(keys), len(set(keys))) == (3, 2)
    assert len(told.matrix_server.events) == 2, "the server knows the transaction: nobody sees it twice"
    assert len(told.alertmanager.alerts) == 1
    assert len(told.teams.got) == len(told.any.got) == 3, "which know no key"
    doubled = {channel for (channel, status) in worker.counters.by_channel() if status is DeliveryStatus.AMBIGUOUS}
    assert doubled == {"notify:mail", "notify:teams", "notify:any"}, "and only that is counted as doubtful"


class Pair(NamedTuple):
    """Alerts that go to a channel in Slack and to a webhook, with what sends to the webhook alone."""

    house: House
    senders: Senders
    clock: Clock

    def send(self) -> None:
        self.clock.pass_by(2 / 86_400)  # so long is the pause between two messages
        self.senders.worker.pass_once(patience=0)

    def post_in_slack(self) -> None:
        outbox, number = self.house.store.outbox, count(1)
        while delivery := outbox.next(OPS):
            outbox.sent(delivery, f"17.{next(number)}", self.clock())


class Addresses:
    """Slack as far as a message's address goes; nothing is posted there without a token."""

    def permalink(self, channel: str, message: str) -> str:
        return f"https://example.slack.com/{channel}/{message}"


@pytest.fixture
def pair(
    told: Told, start: Begin, clock: Clock, log: FilteringBoundLogger, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    monkeypatch.setenv("NOTIFY_HOOK", f"{told.any.url}/hook")
    monkeypatch.setattr("bot.app.sending.now", clock)
    house = start(AlertPlan(None, routes=(Route(OPS, LEAD, ("lab",)), Route("notify:hook", LEAD, ("lab",)))))
    settings = Settings.model_validate({"notify": [{"name": "hook", "url_env": "NOTIFY_HOOK"}]})
    slack: Any = Addresses()
    senders = senders_of(settings, {ChannelKind.SLACK: slack}, house.store, log, shipped_dataset)
    assert senders
    _opens(house, clock)
    yield Pair(house, senders, clock)
    assert senders.worker.close()


def test_a_first_message_waits_for_the_one_in_chat_and_leads_there(pair: Pair, told: Told) -> None:
    pair.send()
    pair.send()
    assert [got.json["type"] for got in told.any.got] == ["channel.started"], "the message in Slack is to come"
    pair.post_in_slack()
    pair.send()
    assert told.any.got[1].json["data"]["link"] == f"https://example.slack.com/{OPS}/17.2"


def test_it_does_not_wait_long(pair: Pair, told: Told) -> None:
    pair.send()
    pair.clock.pass_by(60 / 86_400)
    pair.send()
    assert [got.json["data"]["link"] for got in told.any.got] == [None, None]
    assert pair.house.store.outbox.states()[0].channel == OPS, "whose messages wait for a process that has Slack"
