"""Who and where, by Mattermost's ids and by the names that the rest of the bot knows: `mattermost:USERNAME`,
`mattermost:TEAM/CHANNEL`, and `mattermost:@USERNAME` for somebody's direct messages with the bot.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from bot.mattermost.client import MattermostClient
from bot.mattermost.errors import NO_CHANNEL, MattermostError

PREFIX = "mattermost:"
CACHED, AGAIN = 300.0, 30.0
"""Seconds that an answer is kept, and that a question which had none is not asked again."""

MOST = 5000
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
    team: str = ""


class _Answer(NamedTuple):
    at: float
    found: Any


class Directory:
    """Asked once, and cached. For several threads."""

    def __init__(self, client: MattermostClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, ...], _Answer] = {}
        self.group_fault = ""

    def me(self) -> Member:
        """The bot. MattermostError while Mattermost does not say who that is."""
        member: Member = self._cached(("me",), lambda: _member(self._client.get("/users/me")))
        return member

    def by_id(self, id: str) -> Member:
        """MattermostError if there is no such person, or Mattermost does not say."""
        member: Member = self._cached(("id", id), lambda: _member(self._client.get(f"/users/{id}")))
        return member

    def by_who(self, who: str) -> Member:
        """The same by the name that the rest of the bot knows."""
        name = who.removeprefix(PREFIX).removeprefix("@")
        if not re.fullmatch(r"[a-z0-9._-]{1,64}", name, re.ASCII):
            raise MattermostError(f"{who} is nobody", "user_not_found", 404)
        member: Member = self._cached(("name", name), lambda: _member(self._client.get(f"/users/username/{name}")))
        return member

    def noted(self, user: str, name: str, room: Room) -> None:
        """Mattermost itself said so in a request that proved to be its own. The bot may not see such a channel."""
        with self._lock:
            self._cache[("user_id", name)] = _Answer(self._clock(), user)
            self._cache[("room", room.name)] = _Answer(self._clock(), room)

    def user_id(self, who: str) -> str:
        """Somebody's id. MattermostError as above."""
        with self._lock:
            known = self._cache.get(("user_id", who.removeprefix(PREFIX)))
        return str(known.found) if known and self._clock() - known.at < CACHED else self.by_who(who).id

    def room(self, channel: str) -> Room:
        """A channel by its name. MattermostError with the id NO_CHANNEL if there is none."""
        found = _CHANNEL.fullmatch(channel)
        if not found:
            raise MattermostError(f"there is no channel {channel} in Mattermost", NO_CHANNEL, 404)
        team, name, user = found.groups()

        def ask() -> Room:
            if user:
                pair = [self.me().id, self.user_id(user)]
                return Room(str(self._client.post("/channels/direct", pair)["id"]), channel)
            try:
                found = self._client.get(f"/teams/name/{team}/channels/name/{name}", include_deleted="true")
                return Room(str(found["id"]), channel, team)
            except MattermostError as error:
                if error.status not in (403, 404):
                    raise
                said = (
                    f"there is no channel {name} in the team {team}, or the bot is not in it: type /invite @BOT there"
                )
                raise MattermostError(said, NO_CHANNEL, 404) from error

        room: Room = self._cached(("room", channel), ask)
        return room

    def room_by_id(self, id: str) -> Room:
        """A channel by Mattermost's id. MattermostError if it does not say."""

        def ask() -> Room:
            channel = self._client.get(f"/channels/{id}")
            if channel["type"] == "D":
                other = next((each for each in str(channel["name"]).split("__") if each != self.me().id), self.me().id)
                return Room(id, f"{PREFIX}@{self.by_id(other).name}")
            team = self._client.get(f"/teams/{channel['team_id']}")["name"] if channel.get("team_id") else "group"
            return Room(id, f"{PREFIX}{team}/{channel['name']}", str(team))

        room: Room = self._cached(("room_id", id), ask)
        with self._lock:
            self._cache.setdefault(("room", room.name), _Answer(self._clock(), room))
        return room

    def forget(self, channel: str) -> None:
        """What is known of a channel did not hold."""
        with self._lock:
            self._cache.pop(("room", channel), None)

    def in_group(self, group: str, who: str) -> bool | None:
        """Whether a group (`mattermost:@GROUP`) has somebody; None while Mattermost does not say: `group_fault`."""

        def ask() -> frozenset[str] | None:
            try:
                groups = self._client.get(f"/users/{self.user_id(who)}/groups")
                return frozenset(str(each["name"]) for each in groups if not each.get("delete_at"))
            except MattermostError as error:
                self.group_fault = error.text
                return None

        names: frozenset[str] | None = self._cached(("groups", who), ask)
        return None if names is None else group.removeprefix(f"{PREFIX}@") in names

    def _cached(self, key: tuple[str, ...], ask: Callable[[], Any]) -> Any:
        now = self._clock()
        with self._lock:
            known = self._cache.get(key)
        if known and now - known.at < (AGAIN if known.found is None else CACHED):
            return known.found
        try:
            found = ask()
        except (LookupError, TypeError) as error:
            raise MattermostError("Mattermost cannot be reached: something else answered") from error
        with self._lock:
            if len(self._cache) >= MOST:
                self._cache.clear()
            self._cache[key] = _Answer(now, found)
        return found


def _member(user: Any) -> Member:
    roles = str(user.get("roles") or "").split()
    is_home = not ("system_guest" in roles or user.get("remote_id") or user.get("is_bot") or user.get("delete_at"))
    return Member(str(user["id"]), str(user["username"]), is_home)
