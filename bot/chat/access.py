"""Grants: who may do what, where. Default deny, look-ups aside, which are all that people of other workspaces get."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bot.chat.command import Right

EVERYBODY = "*"


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
    """What a person may do. `doubtful` are rights that a group would give, had Slack told who is in it."""

    rights: frozenset[Right]
    doubtful: frozenset[Right] = frozenset()


Member = Callable[[str, str], bool | None]
"""Whether a group (by its id) has a user (by theirs); None if that is not known."""

LOOKUP = frozenset({Right.LOOKUP})


def concerning(grants: Iterable[Grant], person: Requester) -> list[Grant]:
    """The grants that could give the person something; whoever is in a group may be meant by it."""
    return [
        grant
        for grant in grants
        if grant.where in (None, person.channel) and (grant.is_of_group or grant.who in (EVERYBODY, person.user))
    ]


def granted(grants: Iterable[Grant], person: Requester, member: Member) -> Granted:
    """What the person may do. `member` is asked only about groups that could add a right."""
    if not person.at_home:
        return Granted(LOOKUP)
    theirs = concerning(grants, person)
    rights = LOOKUP.union(*(grant.may for grant in theirs if not grant.is_of_group))
    doubtful: frozenset[Right] = frozenset()
    for grant in theirs:
        if grant.is_of_group and not grant.may <= rights:
            found = member(grant.who, person.user)
            rights |= grant.may if found else frozenset()
            doubtful |= grant.may if found is None else frozenset()
    return Granted(rights, doubtful - rights)
