"""A Mattermost server to test against: API v4 over HTTP, events over WebSocket, and the people who use it.

It keeps real state (tests.mattermost.state) and refuses what the real one refuses. Its other half are people
(tests.mattermost.people): they type commands, press buttons, fill dialogs in and say things, and the stand-in calls
the bot as the server would.

    with Mattermost() as mattermost:
        ann = mattermost.user("ann")
        lab = mattermost.channel("lab", members=[ann, mattermost.bot])
        mattermost.command("xocompat", "http://127.0.0.1:1234/mattermost/command")
        typed = mattermost.type_command(ann, lab, "/xocompat XCP-ng 8.2")
        mattermost.press(typed.reply, "Share to channel", ann)
"""

import threading
from collections.abc import Iterable
from typing import Self

from tests.mattermost.api import Request
from tests.mattermost.events import Events, Wire
from tests.mattermost.faults import Fault
from tests.mattermost.listener import Faults, Listener
from tests.mattermost.people import People
from tests.mattermost.state import Channel, Command, State, Team, User, new_id


class Mattermost(People):
    """A server on a port of 127.0.0.1, with a team, a bot in it, and a token of the bot's. Use it as a context."""

    def __init__(self) -> None:
        self.state = State()
        self.config = self.state.config
        self.events = Events(self.state)
        self._faults = Faults(self.events.changed)
        self.lab = Team("lab")
        self.state.teams[self.lab.id] = self.lab
        self.bot = self.user("xocompat", is_bot=True)
        self.token = self.new_token(self.bot)
        self.port = 0
        self._listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Connections end, and nobody listens any more."""
        if self._serving.is_alive():
            self.events.stopping.set()
            self._listener.shutdown()
            self._serving.join()
            self._listener.cut_all()
            self._listener.server_close()

    def start(self) -> None:
        """Listen again, on the same port. Forgotten are keys of posts and WebSockets, as they were in memory."""
        with self.events.changed:
            self.state.forget_pending()
            self.events.forget()
        self._listen()
        self._serving.start()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _listen(self) -> None:
        self.events.stopping.clear()
        self._listener = Listener(self.state, self.events, self._faults, self.port)
        self.port = int(self._listener.server_address[1])
        self._serving = threading.Thread(target=self._listener.serve_forever, args=(0.02,))

    def pass_time(self, seconds: float) -> None:
        """The server's clock, which is ours and no timer's, moves on."""
        with self.events.changed:
            self.state.pass_time(seconds)

    def fail(self, route: str, *faults: Fault, times: int = 1) -> None:
        """The next requests of a route, such as "POST /posts", meet these faults in turn, so many times."""
        self._faults.add(route, faults * times)

    def heal(self) -> None:
        """No faults any more."""
        self._faults.clear()

    @property
    def requests(self) -> list[Request]:
        """All that arrived, in its order."""
        with self.events.changed:
            return [*self._faults.requests]

    def requested(self, route: str) -> list[Request]:
        """What arrived of a route, such as "POST /posts"."""
        return [each for each in self.requests if each.route == route]

    def user(
        self,
        name: str,
        is_bot: bool = False,
        guest: bool = False,
        remote_id: str | None = None,
        roles: str = "",
        team: Team | None = None,
    ) -> User:
        """Somebody new, in the team `lab` unless another one is named. A remote one is known by a shared channel."""
        with self.events.changed:
            made = User(name, roles or ("system_guest" if guest else "system_user"), is_bot, remote_id)
            self.state.users[made.id] = made
            (team or self.lab).members.add(made.id)
            return made

    def team(self, name: str, members: Iterable[User] = ()) -> Team:
        with self.events.changed:
            made = Team(name, {each.id for each in members})
            self.state.teams[made.id] = made
            return made

    def channel(self, name: str, type: str = "O", members: Iterable[User] = (), team: Team | None = None) -> Channel:
        with self.events.changed:
            made = Channel(name, type, (team or self.lab).id, {each.id for each in members})
            self.state.channels[made.id] = made
            return made

    def direct(self, one: User, other: User | None = None) -> Channel:
        """The conversation of somebody with another one, or with the bot."""
        with self.events.changed:
            return self.events.direct(one.id, (other or self.bot).id)

    def new_token(self, user: User) -> str:
        with self.events.changed:
            token = new_id()
            self.state.tokens[token] = user.id
            return token

    def revoke(self, token: str) -> None:
        """The token is worth nothing any more; open WebSockets stay open, and silent."""
        with self.events.changed:
            self.state.tokens.pop(token, None)

    def join(self, user: User, channel: Channel) -> None:
        with self.events.changed:
            channel.members.add(user.id)
            data = {"team_id": channel.team_id, "user_id": user.id}
            self.events.push("user_added", data, channel.members, channel=channel.id)

    def leave(self, user: User, channel: Channel) -> None:
        with self.events.changed:
            channel.members.discard(user.id)
            own = {"channel_id": channel.id, "remover_id": user.id}
            self.events.push("user_removed", own, {user.id}, user=user.id)
            self.events.push(
                "user_removed", {"user_id": user.id, "remover_id": user.id}, channel.members, channel=channel.id
            )

    def archive(self, channel: Channel, archived: bool = True) -> None:
        with self.events.changed:
            channel.delete_at = self.state.now() if archived else 0
            data = {"channel_id": channel.id, "delete_at": channel.delete_at}
            event = "channel_deleted" if archived else "channel_restored"
            self.events.push(event, data, self.state.teams[channel.team_id].members, team=channel.team_id)

    def command(self, trigger: str, url: str, team: Team | None = None) -> Command:
        """A slash command of a team, with a token of its own."""
        with self.events.changed:
            return self.state.add_command(trigger, url, (team or self.lab).id)

    @property
    def lines(self) -> list[Wire]:
        """The WebSockets that are open and have been greeted."""
        return self.events.lines

    def wait_connected(self, count: int = 1, seconds: float = 10) -> list[Wire]:
        return self.wait(lambda: self.lines if len(self.lines) >= count else None, f"{count} WebSockets", seconds)

    def drop(self) -> None:
        """All WebSockets break, as a network's do."""
        self.events.drop()

    def freeze(self) -> None:
        """WebSockets fall silent, new ones too, and stay open."""
        self.events.freeze()

    def thaw(self) -> None:
        """What was held back since arrives."""
        self.events.thaw()

    def ping(self) -> None:
        """What the server does each minute."""
        self.events.ping()
