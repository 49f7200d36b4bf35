"""Platforms to hold against the contract, each with what a test may do behind its back."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from bot.chat.platform import Actor, Origin, Platform
from bot.chat.reply import GAP
from bot.demo.platform import ROOM, DemoPlatform, Place
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import Directory
from bot.mattermost.platform import MattermostPlatform
from bot.mattermost.posts import Pen
from bot.web.seals import Seals
from tests.alerts.delivery.queue import LAB
from tests.alerts.delivery.slack import Slack, platform_at
from tests.alerts.delivery.weather import Fault, Script
from tests.mattermost.faults import Fault as MattermostFault
from tests.mattermost.faults import Said, status
from tests.mattermost.standin import Mattermost


class Ground(Protocol):
    """A platform with a channel that the bot is in, and one person there."""

    platform: Platform
    channel: str
    origin: Origin

    def texts(self) -> dict[str, str]:
        """What the messages of the channel say, threads included, by their ids."""

    def thread_of(self, message: str) -> str | None:
        """The message below which another one stands."""

    def private(self) -> list[str]:
        """What the person alone was shown."""

    def delete(self, message: str) -> None:
        """Somebody deletes a message."""


class FaultyGround(Ground, Protocol):
    """One whose calls can go wrong."""

    def go_wrong(self, fault: Fault) -> None:
        """The next post goes wrong."""


class SlackGround:
    """bot.slack at a Slack that keeps what is posted."""

    channel = LAB
    actor = Actor("U0000001", "T0000001", LAB)

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        slack.room(LAB)
        self.platform: Platform = platform_at(slack.api, timeout=2)
        self.origin = Origin(self.actor, slack.response_url)

    def texts(self) -> dict[str, str]:
        return {each.ts: each.text for each in self._slack.room(LAB).messages}

    def thread_of(self, message: str) -> str | None:
        found = self._slack.room(LAB).find(message)
        return found.thread_ts if found else None

    def private(self) -> list[str]:
        return self._slack.private

    def delete(self, message: str) -> None:
        room = self._slack.room(LAB)
        room.messages = [each for each in room.messages if each.ts != message]

    def go_wrong(self, fault: Fault) -> None:
        self._slack.weather = Script([fault])


class DemoGround:
    """bot.demo: everything is in this process, and nothing goes wrong there."""

    channel = ROOM
    origin = Origin(Actor("you", None, ROOM))

    def __init__(self) -> None:
        self._demo = DemoPlatform()
        self.platform: Platform = self._demo
        self._private: list[str] = []
        self._shared: dict[str, str] = {}

    def texts(self) -> dict[str, str]:
        self._look()
        return self._demo.texts | self._shared

    def thread_of(self, message: str) -> str | None:
        return self._demo.thread_of(message)

    def private(self) -> list[str]:
        self._look()
        return self._private

    def delete(self, message: str) -> None:
        self._demo.delete(message)

    def _look(self) -> None:
        for post in self._demo.take():
            if post.place is Place.PRIVATE:
                self._private.append(post.reply.summary)
            elif post.place is Place.SHARED:
                self._shared[f"shared-{len(self._shared)}"] = post.reply.summary


class MattermostGround:
    """bot.mattermost at a Mattermost that keeps what is posted."""

    def __init__(self, mattermost: Mattermost) -> None:
        self._mattermost = mattermost
        self._ann = mattermost.user("ann")
        self._lab = mattermost.channel("alerts", members=[self._ann, mattermost.bot])
        mattermost.command("xocompat", "http://127.0.0.1:9/mattermost/command")
        self.channel = "mattermost:lab/alerts"
        self.platform: Platform = mattermost_at(mattermost)
        typed = mattermost.type_command(self._ann, self._lab, "/xocompat help")  # nobody answers it
        self.origin = Origin(Actor("mattermost:ann", "mattermost", self.channel), typed.response_url)

    def texts(self) -> dict[str, str]:
        return {each.id: _told(each.message) for each in self._mattermost.posts(self._lab)}

    def thread_of(self, message: str) -> str | None:
        found = self._mattermost.post(message)
        return found.root_id or None if found else None

    def private(self) -> list[str]:
        direct = self._mattermost.posts(self._mattermost.direct(self._ann))
        return [_told(each.message) for each in (*self._mattermost.ephemerals(self._ann), *direct)]

    def delete(self, message: str) -> None:
        found = self._mattermost.post(message)
        assert found
        self._mattermost.delete(found)

    def go_wrong(self, fault: Fault) -> None:
        self._mattermost.fail("POST /posts", MATTERMOST_FAULTS[fault])


def _told(message: str) -> str:
    """The first line as a notification has it, which has no Markdown."""
    return message.splitlines()[0].replace("**", "").replace(GAP.text, ": ")


MATTERMOST_FAULTS = {
    Fault.DROPPED_AFTER: MattermostFault(done=True),
    Fault.BROKEN_AFTER: status(502, done=True),
    Fault.BROKEN_BEFORE: status(502),
    Fault.GARBLED: MattermostFault(done=True, half=True),
    Fault.LIMITED: MattermostFault(Said(429, "limit exceeded", {"X-Ratelimit-Reset": "1"})),
    Fault.ODD: MattermostFault(Said(400, {"id": "unheard_of", "message": "?", "status_code": 400})),
}


def mattermost_at(mattermost: Mattermost, callback: str | None = None) -> MattermostPlatform:
    """The platform of the bot there."""
    client = MattermostClient(mattermost.url, mattermost.token, timeout=2)
    pen = Pen(Seals(mattermost.token, "test", time.time), callback, "/xocompat")
    return MattermostPlatform(client, Directory(client), pen)


@contextmanager
def slack_ground() -> Iterator[FaultyGround]:
    with Slack() as slack:
        yield SlackGround(slack)


@contextmanager
def mattermost_ground() -> Iterator[FaultyGround]:
    with Mattermost() as mattermost:
        yield MattermostGround(mattermost)


@contextmanager
def demo_ground() -> Iterator[Ground]:
    yield DemoGround()


GROUNDS: dict[str, Callable[[], AbstractContextManager[Ground]]] = {
    "slack": slack_ground,
    "demo": demo_ground,
    "mattermost": mattermost_ground,
}
FAULTY: dict[str, Callable[[], AbstractContextManager[FaultyGround]]] = {
    "slack": slack_ground,
    "mattermost": mattermost_ground,
}
