"""Which workspace is ours, and who the bot is in it: what `auth.test` says, asked once and kept."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.slack.errors import FAILURES, SlackError, slack_error


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
    """Home, once Slack told it. Safe to use from several threads; only one of them asks at a time."""

    def __init__(self, client: WebClient, clock: Callable[[], float], pause: float = 2.0) -> None:
        self._client = client
        self._clock = clock
        self._pause = pause
        self._asking = threading.Lock()
        self._tried_at: float | None = None
        self._home: Workspace | None = None
        self._fault: SlackError | None = None

    @property
    def known(self) -> Workspace | None:
        """Home, if Slack told it already."""
        return self._home

    @property
    def fault(self) -> SlackError | None:
        """Why the last question failed, if it did."""
        return self._fault

    def home(self) -> Workspace | None:
        """Home; asks Slack if it is not known, but not again within `pause` seconds of a failure."""
        if self._home:
            return self._home
        with self._asking:
            if self._home is None and (self._tried_at is None or self._clock() - self._tried_at >= self._pause):
                self._ask()
                self._tried_at = self._clock()
        return self._home

    def check(self) -> SlackError | None:
        """Ask Slack anew whether the token still holds; the fault, or None if it does."""
        with self._asking:
            self._ask()
        return self._fault

    def _ask(self) -> None:
        try:
            told = self._client.auth_test()
        except FAILURES as error:
            self._fault = slack_error(error, "SLACK_BOT_TOKEN")
            return
        self._fault = None
        self._home = Workspace(
            team=str(told.get("team_id") or ""),
            enterprise=told.get("enterprise_id"),
            bot_user=str(told.get("user_id") or ""),
            bot_id=told.get("bot_id"),
        )
