"""What people do with the bot, from the first look-up to an alert that is over: the same on every chat platform.

A bot in a process, simulated hosts, and a server of each platform; one of each for all scenarios, which use alerts of
their own. Ann may probe and operate, Ben may look things up.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.simulator import SimHost, SimPool, Simulator, lone, release
from tests.acceptance.bots import SOCKET, Bot
from tests.acceptance.chats import Chat, MattermostChat, Seen, SlackChat, Where, Who, mattermost_way, wait_for
from tests.acceptance.fleet import configured
from tests.acceptance.lab import LocalSlack
from tests.acceptance.waiting import free_port
from tests.mattermost.standin import Mattermost

ACKNOWLEDGED, SNOOZED, OVER = "XCP-ng 8.1", "XCP-ng 7.6", "XCP-ng 8.0"
"""Releases whose alerts are used: each is changed by one scenario. They are few, as a channel gets one a second."""


class Lab(NamedTuple):
    """What a scenario holds."""

    chat: Chat
    hosts: Simulator
    bot: Bot


def _hosts() -> Simulator:
    """A pool of two, and hosts that have ended."""
    pool = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.1"))), name="lab")
    ended = {"old-0": "8.0", "old-7": "7.6"}
    return Simulator([pool, *(lone(SimHost(name, release("XCP-ng", number)), name) for name, number in ended.items())])


@pytest.fixture(scope="module", params=["slack", "mattermost"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A bot that hears one of the platforms and sweeps when it is told to."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "slack":
        slack = LocalSlack(request.getfixturevalue("binary"), folder)
        slack.start()
        try:
            yield from _started(folder, SlackChat(slack), slack.address, SOCKET)
        finally:
            slack.kill()
        return
    with Mattermost() as mattermost:
        port = free_port()
        way, more = mattermost_way(mattermost, port)
        yield from _started(folder, MattermostChat(mattermost), "http://127.0.0.1:9", way, port, more)


def _started(folder: Path, chat: Chat, api: str, way: dict[str, str], port: int = 0, more: str = "") -> Iterator[Lab]:
    grant = f"access: {{grants: [{{who: '{chat.who[Who.ANN]}', may: [probe, fleet, operate]}}]}}\n"
    with _hosts() as hosts:
        environ = configured(folder, hosts, f"{grant}alerts: {{channel: '{chat.channel}'}}\n{more}")
        bot = Bot(folder, api, {**way, **environ}, None, port)
        try:
            bot.wait_until_ready()
            yield Lab(chat, hosts, bot)
            assert "Traceback" not in bot.told
        finally:
            bot.kill()


def _private(message: Seen) -> bool:
    return message.is_private


def _public(message: Seen) -> bool:
    return not message.is_private


def _alert(lab: Lab, release_name: str, who: Who = Who.ANN) -> Seen:
    """The message about the end of a release, as it is now."""
    said = re.compile(rf"{release_name}( LTS)? reached end of life")
    return wait_for(lab.chat, also=lambda m: _is_root(m) and bool(said.search(m.text)), who=who)


def _is_root(message: Seen) -> bool:
    return message.thread is None and _public(message)


def _edited(lab: Lab, message: Seen, text: str) -> Seen:
    return wait_for(lab.chat, text, also=lambda each: each.id == message.id)


def test_a_look_up_is_for_the_asker_until_it_is_shared(lab: Lab) -> None:
    lab.chat.type("XenServer 7.2")
    reply = wait_for(lab.chat, "XenServer 7.2", "partial support", "no security updates", also=_private)
    assert "13 Apr 2018" in reply.text
    assert not any("XenServer 7.2" in each.text for each in lab.chat.seen(Who.BEN))
    lab.chat.press(reply, "Upgrade path")
    wait_for(lab.chat, "XenServer 7.2 → XenServer 8", also=_private)
    lab.chat.press(reply, "Share to channel")
    shared = wait_for(lab.chat, "shared by @ann", also=_public, who=Who.BEN)
    assert "partial support" in shared.text
    assert "Share to channel" not in shared.labels
    wait_for(lab.chat, "Shared to the channel.", also=_private)


def test_a_mention_is_answered_below_it_for_everybody(lab: Lab) -> None:
    asked = lab.chat.say("XCP-ng 8.3")
    wait_for(lab.chat, "XCP-ng 8.3 LTS", also=lambda m: m.thread == asked.id and _public(m), who=Who.BEN)
    lab.chat.say("XenServer 8", below=asked)
    wait_for(lab.chat, "XenServer 8", "full support", also=lambda m: m.thread == asked.id, who=Who.BEN)


def test_what_is_said_to_the_bot_alone_needs_no_name(lab: Lab) -> None:
    asked = lab.chat.say("XCP-ng 8.3", Where.DIRECT)
    wait_for(lab.chat, "XCP-ng 8.3 LTS", also=lambda m: m.thread == asked.id, where=Where.DIRECT)


def test_a_host_is_picked_probed_and_its_verdict_is_for_the_asker(lab: Lab) -> None:
    lab.chat.type("probe")
    lab.chat.pick("xen-1")
    wait_for(lab.chat, "Pool lab (asked xen-1)", "1 of 2 hosts gets no security updates", also=_private)
    assert not any("asked xen-1" in each.text for each in lab.chat.seen(Who.BEN))


def test_who_has_no_right_is_told_so_and_nothing_is_done(lab: Lab) -> None:
    alert = _alert(lab, SNOOZED, Who.BEN)
    lab.chat.type("probe xen-1", Who.BEN)
    wait_for(lab.chat, "that takes the right", also=_private, who=Who.BEN)
    lab.chat.press(alert, "Acknowledge", Who.BEN)
    wait_for(lab.chat, "You may not acknowledge alerts here", also=_private, who=Who.BEN)
    lab.chat.type("audit refused")
    wait_for(lab.chat, "refused", also=_private)
    assert "acknowledged" not in _alert(lab, SNOOZED).text


def test_an_alert_is_acknowledged_and_a_note_is_added(lab: Lab) -> None:
    alert = _alert(lab, ACKNOWLEDGED)
    assert {"Acknowledge", "Show hosts"} <= {*alert.labels}
    lab.chat.press(alert, "Acknowledge")
    done = _edited(lab, alert, "acknowledged by @ann on ")
    assert "Acknowledge" not in done.labels
    lab.chat.press(done, "Add a note")
    lab.chat.note("Waits for new hardware.")
    _edited(lab, alert, "Note by @ann: Waits for new hardware.")
    wait_for(lab.chat, "Waits for new hardware.", also=lambda m: m.thread == alert.id, who=Who.BEN)


def test_an_alert_is_snoozed_from_its_menu(lab: Lab) -> None:
    alert = _alert(lab, SNOOZED)
    lab.chat.choose(alert, "for 1 week")
    days = [datetime.now(UTC) + timedelta(days=count) for count in (7, 8)]  # it may become midnight meanwhile
    until = [f"until {day.day} {day:%b %Y}" for day in days]
    wait_for(
        lab.chat,
        "snoozed by @ann on ",
        also=lambda each: each.id == alert.id and any(said in each.text for said in until),
    )


def test_an_alert_is_snoozed_until_a_moment_that_is_chosen(lab: Lab) -> None:
    alert, at = _alert(lab, SNOOZED), datetime.now(UTC).replace(hour=9, minute=30) + timedelta(days=3)
    lab.chat.choose(alert, "until a date …")
    lab.chat.moment(at)
    _edited(lab, alert, f"until {at.day} {at:%b %Y} 09:30 UTC")


def test_an_alert_shows_its_hosts_to_who_asks(lab: Lab) -> None:
    lab.chat.press(_alert(lab, SNOOZED), "Show hosts")
    wait_for(lab.chat, "1 host: old-7", also=_private)


def test_an_alert_is_over_in_its_message_and_in_its_thread(lab: Lab) -> None:
    alert = _alert(lab, OVER)
    assert "1 host: old-0" in alert.text
    lab.hosts["old-0"].upgrade(release("XCP-ng", "8.3"))
    lab.chat.type("sweep")
    wait_for(lab.chat, "Sweep done", "all 3 targets answered", also=_private)
    assert _edited(lab, alert, "no host runs it any more").labels == ()
    wait_for(lab.chat, "no host runs it any more", also=lambda m: m.thread == alert.id, who=Who.BEN)


def test_the_fleet_is_told_in_a_table_and_sent_as_a_file(lab: Lab) -> None:
    lab.chat.type("fleet")
    wait_for(lab.chat, "4 hosts in ", also=_private)
    lab.chat.type("fleet csv")
    sent = wait_for(lab.chat, also=lambda m: bool(m.files), where=Where.DIRECT)
    assert re.fullmatch(r"fleet-[0-9-]{10}\.csv", sent.files[0])
