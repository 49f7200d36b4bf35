"""Who may look things up. Grants for more than that come with the commands that need them."""

from dataclasses import dataclass

from bot.chat.command import Right
from bot.chat.reply import Code, line
from bot.slack.answers import Answer, private
from bot.slack.asker import Asker
from bot.slack.home import Identity

LOOKUP = frozenset({Right.LOOKUP})
"""What every member of the home workspace may do."""

_STRANGER = line(
    "Only members of the workspace that runs xocompat may ask it. Ask one of them, or ask whoever runs it to set ",
    Code("access: {lookup: everyone}"),
    " in its configuration.",
)
_UNKNOWN = line(
    "Slack did not say which workspace is mine, so I can't tell whether you may ask. Try again in a minute."
)


@dataclass(frozen=True, slots=True)
class Access:
    """`everyone`: people of other workspaces in a shared channel (Slack Connect) may look up, too."""

    identity: Identity
    everyone: bool

    def refusal(self, asker: Asker) -> Answer | None:
        """Why an asker is not answered; None for those who may look up."""
        if self.everyone:
            return None
        home = self.identity.home()
        if home is None:
            return private("home_unknown", _UNKNOWN)
        return None if home.has(asker.team) else private("refused", _STRANGER)
