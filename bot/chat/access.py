"""Grants: who may do what, where. Default deny, look-ups aside, which are all that people of other workspaces get."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bot.chat.command import Right

EVERYBODY = "*"
ASSISTANTS = "mcp"
"""Whoever has the token of `xocompat mcp --http`: no person, so what everybody may is not theirs."""


class Grant(NamedTuple):
    """`who`: the id of a user or (`is_of_group`, the platform knows it) of a user group, or EVERYBODY; `where`: a
    channel's id, None for everywhere.
    """

    who: str
    where: str | None
    may: frozenset[Right]
    is_of_group: bool = False


class Requester(NamedTuple):
    """Who asks, whether of the home workspace, and in which channel."""

    user: str
    at_home: bool
    channel: str | None


class Granted(NamedTuple):
    """What a person may do. `scoped` are rights that reach no further than the channel in which they ask.

    `doubtful` are rights that a group would give, were it known who is in it.
    """

    rights: frozenset[Right]
    doubtful: frozenset[Right] = frozenset()
    scoped: frozenset[Right] = frozenset()


Member = Callable[[str, str], bool | None]
"""Whether a group (by its id) has a user (by theirs); None if that is not known."""

LOOKUP = frozenset({Right.LOOKUP})


def granted_to_assistants(grants: Iterable[Grant]) -> frozenset[Right]:
    """What assistants may do: look up, and what a grant gives to them by name."""
    return LOOKUP.union(*(grant.may for grant in grants if grant.who == ASSISTANTS))


def concerning(grants: Iterable[Grant], person: Requester) -> list[Grant]:
    """The grants that could give the person something: those to a group too, which they may be in."""
    return [
        grant
        for grant in grants
        if grant.where in (None, person.channel) and (grant.is_of_group or grant.who in (EVERYBODY, person.user))
    ]


def granted(grants: Iterable[Grant], person: Requester, member: Member) -> Granted:
    """What the person may do. `member` is asked only about groups that could add a right, or lift its bounds."""
    if not person.at_home:
        return Granted(LOOKUP)
    rights = everywhere = LOOKUP
    doubtful: frozenset[Right] = frozenset()
    for grant in sorted(concerning(grants, person), key=lambda grant: grant.is_of_group):
        if grant.may <= (everywhere if grant.where is None else rights):
            continue
        is_meant = member(grant.who, person.user) if grant.is_of_group else True
        if is_meant is None:
            doubtful |= grant.may
        elif is_meant:
            rights |= grant.may
            everywhere |= grant.may if grant.where is None else frozenset()
    return Granted(rights, doubtful - rights, rights - everywhere)
