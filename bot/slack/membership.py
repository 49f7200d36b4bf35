"""Who belongs where in Slack: which workspace is ours and who the bot is in it, and who is in which user group."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.catalogue import say
from bot.chat.asked import AGAIN, AskedAnswers
from bot.slack.errors import FAILURES, SlackError, slack_error

GROUPS_SCOPE = "usergroups:read"
"""What the bot needs for groups. It is optional: without grants to groups it has no use."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace that installed the app. `bot_user` is whom a mention names."""

    team: str
    enterprise: str | None
    bot_user: str
    bot_id: str | None

    def has(self, team: str | None) -> bool:
        """Whether somebody of that team (or, in Enterprise Grid, of that organisation) is at home here."""
        return team is not None and team in (self.team, self.enterprise)


class Identity:
    """Our workspace, as `auth.test` says it: asked once and cached. For several threads; one of them asks at a time.

    `known` is home, if Slack said it already; `fault` is why the last question failed, if it did.
    """

    def __init__(self, client: WebClient, clock: Callable[[], float], pause: float = 2.0) -> None:
        self._client = client
        self._clock = clock
        self._pause = pause
        self._asking = threading.Lock()
        self._tried_at: float | None = None
        self.known: Workspace | None = None
        self.fault: SlackError | None = None

    def home(self) -> Workspace | None:
        """Home; asks Slack if it is not known, but not again within `pause` seconds of a failure."""
        if self.known:
            return self.known
        with self._asking:
            if self.known is None and (self._tried_at is None or self._clock() - self._tried_at >= self._pause):
                self._ask()
                self._tried_at = self._clock()
        return self.known

    def check(self) -> SlackError | None:
        """Ask Slack anew whether the token still holds; the fault, or None if it does."""
        with self._asking:
            self._ask()
        return self.fault

    def _ask(self) -> None:
        try:
            answer = self._client.auth_test()
        except FAILURES as error:
            self.fault = slack_error(error, "SLACK_BOT_TOKEN")
            return
        self.fault = None
        self.known = Workspace(
            team=str(answer.get("team_id") or ""),
            enterprise=answer.get("enterprise_id"),
            bot_user=str(answer.get("user_id") or ""),
            bot_id=answer.get("bot_id"),
        )


class Groups:
    """Who is in a user group: asked only where a grant names it. For several threads; one of them asks at a time."""

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._answers = AskedAnswers(clock)
        self._silent_until = 0.0
        self.fault: SlackError | None = None

    def has(self, group: str, user: str) -> bool | None:
        """Whether a group has a user; None if Slack does not say. `fault` is why not."""
        with self._lock:
            users = self._answers.get(group, lambda: self._ask(group))
        return None if users is None else user in users

    def _ask(self, group: str) -> frozenset[str] | None:
        now = self._clock()
        if now < self._silent_until:  # not group by group if Slack is not there at all: a command waits for this
            return None
        try:
            return frozenset(map(str, members_of(self._client, group)))
        except FAILURES as error:
            self.fault = group_error(error, "SLACK_BOT_TOKEN")
            self._silent_until = now if self.fault.code else now + AGAIN
            return None


def members_of(client: WebClient, group: str) -> list[str]:
    """The ids of the users in a group. One of FAILURES if Slack does not say."""
    found = client.usergroups_users_list(usergroup=group).get("users")
    return found if isinstance(found, list) else []


def group_error(error: Exception, what: str) -> SlackError:
    """Why the members of a group are not known. Who installs the app may leave out the scope that this takes."""
    fault = slack_error(error, what)
    if fault.code == "missing_scope":
        return SlackError(fault.code, say("the bot lacks the scope {scope}", scope=GROUPS_SCOPE))
    return fault
