"""Who is in which user group, as Slack tells it: asked only where a grant names a group, and kept for some minutes."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from slack_sdk import WebClient

from bot.slack.errors import FAILURES, SlackError, slack_error

SCOPE = "usergroups:read"
"""What the bot needs for it. Not among those that the manifest asks for: without grants to groups it has no use."""

KEPT = 300.0
AGAIN = 30.0
"""Seconds that an answer is kept, and until Slack is asked again after it gave none."""


class _Answer(NamedTuple):
    at: float
    members: frozenset[str] | None


class Groups:
    """Answers questions on membership. Safe to use from several threads; only one of them asks at a time."""

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}
        self._silent_until = 0.0
        self.fault: SlackError | None = None

    def has(self, group: str, user: str) -> bool | None:
        """Whether a group has a user; None if Slack does not tell. `fault` is why not."""
        with self._lock:
            now = self._clock()
            known = self._answers.get(group)
            if known is None or now - known.at >= (AGAIN if known.members is None else KEPT):
                # Not group by group if Slack is not there at all: a command waits for this.
                known = _Answer(now, None if now < self._silent_until else self._ask(group, now))
                self._answers[group] = known
        return None if known.members is None else user in known.members

    def _ask(self, group: str, now: float) -> frozenset[str] | None:
        try:
            members = frozenset(map(str, members_of(self._client, group)))
        except FAILURES as error:
            self.fault = explained(slack_error(error, "SLACK_BOT_TOKEN"))
            self._silent_until = now if self.fault.code else now + AGAIN
            return None
        return members


def members_of(client: WebClient, group: str) -> list[str]:
    """The ids of the users in a group. One of FAILURES if Slack does not tell."""
    found = client.usergroups_users_list(usergroup=group).get("users")
    return found if isinstance(found, list) else []


def explained(fault: SlackError) -> SlackError:
    """The fault, with what to do about a missing scope: the manifest does not ask for this one."""
    if fault.code == "missing_scope":
        return SlackError(fault.code, f"the bot lacks the scope {SCOPE}")
    return fault
