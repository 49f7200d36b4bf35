"""Patch skew: members of a pool that miss different updates, although all of them should be at one level."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.xo.updates import MissingUpdate, MissingUpdates


class HostBehind(NamedTuple):
    """A member and what it misses that another member has."""

    host: str
    missing: tuple[MissingUpdate, ...]


class PatchSkew(NamedTuple):
    """How the members of a pool differ. `behind` are those that miss what others have, by uuid.

    `offered` are names of updates that members miss in different versions: their mirrors are not of one day. `unknown`
    are members that could not be asked, and may differ as well.
    """

    behind: tuple[HostBehind, ...]
    offered: tuple[str, ...]
    unknown: tuple[str, ...]


def patch_skew(members: Iterable[MissingUpdates]) -> PatchSkew | None:
    """How members of one pool differ; None where those that could be asked miss the same, or are fewer than two.

    Of a member that several Xen Orchestras have, the newest answer counts, and one that could be given before one that
    could not.
    """
    newest: dict[str, MissingUpdates] = {}
    for each in members:
        known = newest.get(each.host)
        if known is None or (each.asked, each.asked_at) > (known.asked, known.asked_at):
            newest[each.host] = each
    asked = [newest[host] for host in sorted(newest) if newest[host].asked]
    if len(asked) < 2 or all(each.missing == asked[0].missing for each in asked):
        return None
    named = [{update.name for update in each.missing} for each in asked]
    by_all = set.intersection(*named)
    versions: dict[str, set[str]] = {}
    for each in asked:
        for update in each.missing:
            versions.setdefault(update.name, set()).add(update.version)
    behind = (
        HostBehind(each.host, tuple(update for update in each.missing if update.name not in by_all)) for each in asked
    )
    differs = tuple(host for host in behind if host.missing)
    offered = tuple(sorted(name for name, offers in versions.items() if len(offers) > 1))
    unknown = tuple(host for host in sorted(newest) if not newest[host].asked)
    return PatchSkew(differs, offered, unknown) if differs or offered else None
