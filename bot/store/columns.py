"""Kinds of column: moments and texts, as both databases can hold them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, TypeDecorator


def storable(text: str) -> str:
    """A text that both databases take: no NUL, no half of a surrogate pair. Hosts name themselves as they like."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class MomentColumn(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; SQLite knows no zones, and has it as text.

    A sweep reads and writes some for each host, and what SQLAlchemy does for each takes thrice the time.
    """

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        if dialect.name == "sqlite":
            return moment_text
        return lambda value: None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, _: object) -> Callable[[Any], datetime | None]:
        if dialect.name == "sqlite":
            return lambda value: None if value is None else datetime.fromisoformat(f"{value}+00:00")
        return lambda value: None if value is None else value.replace(tzinfo=UTC)


def moment_text(value: datetime | None) -> str | None:
    """A moment as SQLite has it; texts are in the order of moments."""
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


class TextColumn(TypeDecorator[str]):
    """A text of any length, made storable."""

    impl = String
    cache_ok = True

    def bind_processor(self, _: Dialect) -> Callable[[str | None], str | None]:
        return lambda value: None if value is None else storable(value)
