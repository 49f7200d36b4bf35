"""Who and where, by Mattermost's ids and by the names that the rest of the bot knows: `mattermost:USERNAME`,
`mattermost:TEAM/CHANNEL`, and `mattermost:@USERNAME` for somebody's direct messages with the bot.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from bot.chat.asked import AskedAnswers
from bot.chat.channels import ChannelKind
from bot.mattermost.client import MattermostClient
from bot.mattermost.errors import NO_CHANNEL, MattermostError

T = TypeVar("T")

PREFIX = f"{ChannelKind.MATTERMOST}:"
"""What names of people and channels begin with wherever several platforms meet."""

POST_MAX = 16_383
"""Characters of one post, unless the server says that it takes less: the oldest databases hold 4,000."""

ID = re.compile(r"[a-z0-9]{26}", re.ASCII)
_CHANNEL = re.compile(rf"{PREFIX}([a-z0-9-]+)/([a-z0-9_.-]+)|{PREFIX}@([a-z0-9_.-]+)", re.ASCII)


class Member(NamedTuple):
    """Somebody on the server. `is_home`: no guest, no bot, nobody of another server, and not switched off."""

    id: str
    name: str
    is_home: bool

    @property
    def who(self) -> str:
        return f"{PREFIX}{self.name}"


class Room(NamedTuple):
    """A channel. `name` is how the rest of the bot calls it."""

    id: str
    name: str


class Directory:
    """Asked once, and kept for a while. For several threads."""

    def __init__(self, client: MattermostClient) -> None:
        self._client = client
        self._answers = AskedAnswers()
        self.group_fault = ""

    def me(self) -> Member:
        """The bot. MattermostError while Mattermost does not say who that is."""
        return self._asked(("me",), lambda: _member(self._client.get("/users/me")))

    def by_id(self, id: str) -> Member:
        """MattermostError if there is no such person, or Mattermost does not say."""
        return self._asked(("id", id), lambda: _member(self._client.get(f"/users/{id}")))

    def by_who(self, who: str) -> Member:
        """The same by the name that the rest of the bot knows."""
        name = who.removeprefix(PREFIX).removeprefix("@")
        if not re.fullmatch(r"[a-z0-9._-]{1,64}", name, re.ASCII):
            raise MattermostError(f"{who} is nobody", "user_not_found", 404)
        return self._asked(("name", name), lambda: _member(self._client.get(f"/users/username/{name}")))

    def noted(self, user: str, name: str, room: Room) -> None:
        """Mattermost itself said so in a request that proved to be its own. The bot may not see such a channel."""
        self._answers.note(("user_id", f"{PREFIX}{name}"), user)
        self._answers.note(("room", room.name), room)

    def user_id(self, who: str) -> str:
        """Somebody's id. MattermostError as above."""
        return self._asked(("user_id", who), lambda: self.by_who(who).id)

    def room(self, channel: str) -> Room:
        """A channel by its name. MattermostError with the id NO_CHANNEL if there is none."""
        found = _CHANNEL.fullmatch(channel)
        if not found:
            raise MattermostError(f"there is no channel {channel} in Mattermost", NO_CHANNEL, 404)
        team, name, user = found.groups()

        def ask() -> Room:
            if user:
                pair = [self.me().id, self.user_id(f"{PREFIX}{user}")]
                return Room(str(self._client.post("/channels/direct", pair)["id"]), channel)
            found = self._client.find(f"/teams/name/{team}/channels/name/{name}", include_deleted="true")
            if found is None:
                said = f"there is no channel {name} in the team {team}, or the bot is not in it"
                raise MattermostError(f"{said}: type /invite @BOT there", NO_CHANNEL, 404)
            return Room(str(found["id"]), channel)

        return self._asked(("room", channel), ask)

    def room_by_id(self, id: str, called: str = "") -> Room:
        """A channel by Mattermost's id; one that the bot may not see as it was `called`. MattermostError: not known."""

        def ask() -> Room:
            channel = self._client.find(f"/channels/{id}") if called else self._client.get(f"/channels/{id}")
            if channel is None:
                return Room(id, called)
            if channel["type"] == "D":
                other = next((each for each in str(channel["name"]).split("__") if each != self.me().id), self.me().id)
                return Room(id, f"{PREFIX}@{self.by_id(other).name}")
            team = self._client.get(f"/teams/{channel['team_id']}")["name"] if channel.get("team_id") else "group"
            return Room(id, f"{PREFIX}{team}/{channel['name']}")

        room = self._asked(("room_id", id), ask)
        self._answers.get(("room", room.name), lambda: room)
        return room

    def forget(self, channel: str) -> None:
        """What is known of a channel did not hold."""
        self._answers.forget(("room", channel))

    def is_in(self, channel: str, user: str) -> bool:
        """Whether somebody is in a channel, both by Mattermost's ids. MattermostError: not known."""
        return self._client.find(f"/channels/{channel}/members/{user}") is not None

    def in_group(self, group: str, who: str) -> bool | None:
        """Whether a group (`mattermost:@GROUP`) has somebody; None while Mattermost does not say: `group_fault`."""

        def ask() -> frozenset[str] | None:
            try:
                groups = self._client.get(f"/users/{self.user_id(who)}/groups")
                return frozenset(str(each["name"]) for each in groups if not each.get("delete_at"))
            except MattermostError as error:
                self.group_fault = error.text
                return None

        names = self._asked(("groups", who), ask)
        return None if names is None else group.removeprefix(f"{PREFIX}@") in names

    def post_max(self) -> int:
        """Characters of a post that the server takes (`MaxPostSize`); while it does not say, what most of them do."""

        def ask() -> int | None:
            try:
                return int(self._client.get("/config/client", format="old")["MaxPostSize"])
            except (MattermostError, LookupError, TypeError, ValueError):
                return None

        return min(self._answers.get(("post_max",), ask) or POST_MAX, POST_MAX)

    def _asked(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        try:
            return self._answers.get(key, ask)
        except (LookupError, TypeError) as error:
            raise MattermostError("Mattermost cannot be reached: something else answered") from error


def _member(user: Any) -> Member:
    roles = str(user.get("roles") or "").split()
    is_home = not ("system_guest" in roles or user.get("remote_id") or user.get("is_bot") or user.get("delete_at"))
    return Member(str(user["id"]), str(user["username"]), is_home)
