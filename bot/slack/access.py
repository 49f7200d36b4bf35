"""Who may ask what in Slack: look-ups for the home workspace (or everybody), the rest by grants."""

from dataclasses import dataclass

from bot.chat.access import LOOKUP, Grant, Granted, Requester, concerning, granted
from bot.chat.command import CommandSpec, Right
from bot.chat.commands import HELP
from bot.chat.reply import Code, line
from bot.chat.runner import GRANT, refusal
from bot.slack.groups import Groups
from bot.slack.identity import Identity
from bot.slack.payload import Actor
from bot.slack.responder import RenderedReply, answered, private

_STRANGER = line(
    "Only members of the workspace that runs xocompat may ask it. Ask one of them, or ask whoever runs it to set ",
    Code("access: {lookup: everyone}"),
    " in its configuration.",
)
_UNKNOWN = line(
    "Slack did not say which workspace is mine, so I can't tell whether you may ask. Try again in a minute."
)
_HOME_ONLY = "It can be granted to members of the workspace that runs xocompat only: ask one of them."


@dataclass(frozen=True, slots=True)
class Access:
    """`everyone`: people of other workspaces in a shared channel (Slack Connect) may look up, too, and nothing else."""

    identity: Identity
    groups: Groups
    grants: tuple[Grant, ...] = ()
    everyone: bool = False

    def admit(self, asker: Actor, spec: CommandSpec) -> Granted | RenderedReply:
        """What the asker may do, as far as a command needs to know it; or why they are not answered."""
        if refused := self._stranger(asker):
            return refused
        if spec.right is Right.LOOKUP and spec is not HELP:
            return Granted(LOOKUP)
        found = self._granted(asker)
        return found if spec.right in found.rights else self._refused(asker, spec, found)

    def _stranger(self, asker: Actor) -> RenderedReply | None:
        if self.everyone:
            return None
        home = self.identity.home()
        if home is None:
            return private("home_unknown", _UNKNOWN)
        return None if home.has(asker.team) else private("refused", _STRANGER)

    def _granted(self, asker: Actor) -> Granted:
        """Slack is asked who is at home, and who is in a group, only where a grant depends on it."""
        person = Requester(asker.user, at_home=True, channel=asker.channel)
        if not concerning(self.grants, person):
            return Granted(LOOKUP)
        home = self.identity.home()
        at_home = home is not None and home.has(asker.team)
        return granted(self.grants, person._replace(at_home=at_home), self.groups.has)

    def _refused(self, asker: Actor, spec: CommandSpec, found: Granted) -> RenderedReply:
        if self.identity.home() is None:
            return private("home_unknown", _UNKNOWN)
        return answered(refusal(spec, self._whom(asker, spec.right, found)))

    def whom(self, asker: Actor, right: Right) -> str:
        """Whom to ask for a right that somebody lacks, or why it can't be had."""
        return self._whom(asker, right, self._granted(asker))

    def _whom(self, asker: Actor, right: Right, found: Granted) -> str:
        home = self.identity.home()
        if home is not None and not home.has(asker.team):
            return _HOME_ONLY
        if right not in found.doubtful:
            return GRANT
        why = self.groups.fault.text if self.groups.fault else "it gave no answer"
        return f"It is granted to a user group, and Slack does not tell me who is in it ({why}). {GRANT}"
