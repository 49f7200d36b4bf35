"""Somebody asks for a right: what those who may grant it are told, and that it is remembered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, Self

ASKED_AGAIN = timedelta(days=1)
"""How long after somebody asked for a right those who may grant it are not told of that again."""


class AccessRequest(NamedTuple):
    """Somebody of the home workspace asks for a right, by its name; `where` is a channel's id, None for everywhere."""

    who: str
    right: str
    where: str | None
    at: datetime

    @property
    def grant(self) -> str:
        """What gives the right, as an entry of `access.grants`. The ids are a platform's: none of YAML's signs."""
        where = f", where: {self.where}" if self.where else ""
        return f"- {{who: {self.who}{where}, may: [{self.right}]}}"

    def to_data(self) -> dict[str, Any]:
        """In what JSON can hold."""
        return {"version": 1, **self._asdict(), "right": str(self.right), "at": self.at.isoformat()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote. ValueError or KeyError for what is none."""
        return cls(data["who"], data["right"], data["where"], datetime.fromisoformat(data["at"]))


class AccessRequests(Protocol):
    """Who asked for which right, remembered for all processes."""

    def ask(self, request: AccessRequest, channel: str) -> datetime | None:
        """Queue a message about it for a channel, with the request or not at all; None once that is done.

        Where the person asked for the right within ASKED_AGAIN, nothing is queued: it is the moment of that.
        UnavailableError if the database could not be reached.
        """
