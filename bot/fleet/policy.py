"""What an operator allows hosts to run (`policy` of the configuration), and what that says of a host."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.release import Product, Release
from bot.query.query import Outcome
from bot.query.reader import Reader
from bot.xapi.observation import Host

EVERY_TAG = "*"
"""In place of a tag: every host, with or without tags."""


class PolicyState(StrEnum):
    """Whether a host is as the operator wants it."""

    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    CANNOT_TELL = "cannot_tell"
    """It does not say what it runs, or when it was updated."""


class Policy(NamedTuple):
    """`approved` are releases and ranges as they were written; without any, every release is approved.

    `not_older_than` are tags, each with the time that may have passed since updates were installed on its hosts
    (`host.updated_at`: XenServer 8 and later, XCP-ng); of several the shortest holds.
    """

    approved: tuple[str, ...] = ()
    not_older_than: tuple[tuple[str, timedelta], ...] = ()

    def approves(self, release: Release, prerelease: str | None, reader: Reader) -> bool:
        """Whether a release may be run, however old its updates are. What came before a release is never approved."""
        return not self.approved or (not prerelease and release in approved_releases(reader, self.approved))

    def state(self, host: Host, is_approved: bool | None, tags: Collection[str], day: date) -> PolicyState:
        """What it says of a host on a day; `is_approved` is of its release, None where the host does not say which."""
        if is_approved is False:
            return PolicyState.NOT_APPROVED
        spans = [span for tag, span in self.not_older_than if tag == EVERY_TAG or tag in tags]
        if spans and host.updated_at and day - host.updated_at.date() > min(spans):
            return PolicyState.NOT_APPROVED
        if is_approved is None or (spans and host.updated_at is None):
            return PolicyState.CANNOT_TELL
        return PolicyState.APPROVED


def approved_releases(reader: Reader, texts: Collection[str]) -> frozenset[Release]:
    """The releases that texts name, by what is known now."""
    return frozenset(release for text in texts for release in reader.read(text).releases)


def why_not_approvable(reader: Reader, text: str) -> str:
    """What is wrong with a text that is to name releases or a range of one product; nothing if nothing is."""
    asked = reader.read(text)
    part = asked.parts[0] if len(asked.parts) == 1 else None
    if part is None or asked.unused or asked.on or asked.bad_date or asked.features or asked.misses_version:
        return _ALLOWED
    if part.outcome is Outcome.AMBIGUOUS:
        both = " or ".join(f"{release.base_name}" for release in part.releases)
        return f"can be {both}: say which"
    if part.outcome is not Outcome.ASSESSED or not part.releases:
        near = ", ".join(each.value if isinstance(each, Product) else each.base_name for each in part.suggestions[:3])
        return f"names no release that is known{f' (near: {near})' if near else ''}: {_ALLOWED}"
    if part.level or part.prerelease:
        return f"is a part of {part.releases[0].base_name}: the policy takes whole releases"
    return ""


_ALLOWED = "must be a release or a range of one product, such as XCP-ng 8.3 or XenServer >=8"
