"""Who may ask what: look-ups for the home workspace (or everybody), the rest by grants."""

from dataclasses import dataclass

from bot.catalogue import message, say
from bot.chat.access import LOOKUP, Grant, Granted, Requester, concerning, granted
from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ACCESS, HELP
from bot.chat.platform import Actor, Membership
from bot.chat.reply import RichText, say_line
from bot.chat.runner import GRANT, refusal
from bot.chat.session.responder import Answer, answered, private

_HOME_ONLY = message("It can be granted to members of the workspace that runs xocompat only: ask one of them.")


@dataclass(frozen=True, slots=True)
class Access:
    """`everyone`: people of other workspaces in a shared channel may look up, too, and nothing else."""

    membership: Membership
    grants: tuple[Grant, ...] = ()
    everyone: bool = False

    def admit(self, actor: Actor, spec: CommandSpec) -> Granted | Answer:
        """What the actor may do, as far as a command needs to know it; or why they are not answered.

        The platform is asked who is a member, and who is in a group, only where a grant depends on it.
        """
        if not self.everyone:
            is_member = self.membership.is_member(actor)
            if is_member is None:
                return self._home_unknown()
            if not is_member:
                return private("refused", _stranger())
        if spec is ACCESS and (is_member := self.membership.is_member(actor)) is not True:
            return self._home_unknown() if is_member is None else private("refused", say_line(_HOME_ONLY))
        if spec.right is Right.LOOKUP and spec not in (ACCESS, HELP):
            return Granted(LOOKUP)
        found = self._granted(actor)
        if spec.right in found.rights:
            return found
        is_member = self.membership.is_member(actor)
        if is_member is None:
            return self._home_unknown()
        return answered(refusal(spec, self.whom(actor, spec.right, found), can_ask=is_member))

    def _granted(self, actor: Actor) -> Granted:
        person = Requester(actor.user, at_home=True, channel=actor.channel)
        if not concerning(self.grants, person):
            return Granted(LOOKUP)
        at_home = self.membership.is_member(actor) is True
        return granted(self.grants, person._replace(at_home=at_home), self.membership.in_group)

    def whom(self, actor: Actor, right: Right, found: Granted | None = None) -> str:
        """Whom to ask for a right that somebody lacks, or why it can't be granted. `found` is what they have."""
        found = found or self._granted(actor)
        if self.membership.is_member(actor) is False:
            return say(_HOME_ONLY)
        if right not in found.doubtful:
            return say(GRANT)
        name, why = self.membership.name, self.membership.why_groups_unknown
        doubt = say(
            "It is granted to a user group, and {platform} does not tell me who is in it ({reason}).",
            platform=name,
            reason=why,
        )
        return f"{doubt} {say(GRANT)}"

    def _home_unknown(self) -> Answer:
        unknown = say_line(
            "{platform} did not say which workspace is mine, so I can't tell whether you may ask. "
            "Try again in a minute.",
            platform=self.membership.name,
        )
        return private("home_unknown", unknown)


def _stranger() -> RichText:
    return say_line(
        "Only members of the workspace that runs xocompat may ask it. "
        "Ask one of them, or ask whoever runs it to set `{setting}` in its configuration.",
        setting="access: {lookup: everyone}",
    )
