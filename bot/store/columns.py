"""Kinds of column: moments, texts and more, as both databases can hold them.

Whatever is read is made a value here. A file of SQLite's that is damaged may hold anything anywhere, and SQLite gives
it without complaint: what no writer of ours can have left there is a MalformedError, which bot.store.database tells
as damage.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, Date, DateTime, Dialect, Float, Integer, MetaData, String, TypeDecorator
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

Processor = Callable[[Any], Any]

_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""Between these a moment has a place in every zone. A host may say that its certificate expires on any day."""


class MalformedError(Exception):
    """A row holds what cannot have been written."""


@contextmanager
def well_formed() -> Iterator[None]:
    """Around making values of what was read: whatever Python has against it is a MalformedError."""
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise MalformedError from error


def storable(text: str) -> str:
    """A text that both databases take: no NUL, no half of a surrogate pair. Hosts name themselves as they like."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class _CheckedColumn(TypeDecorator[T]):
    """Looks at each value that SQLite gives; PostgreSQL does so itself. `required`: NULL is none."""

    kinds: tuple[type, ...] = ()

    def __init__(self, *args: Any, required: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.required = required

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:  # noqa: ARG002 # SQLAlchemy's
        if dialect.name != "sqlite":
            return None
        kinds = self.kinds if self.required else (*self.kinds, type(None))

        def check(value: Any) -> Any:
            if value.__class__ in kinds:
                return value
            raise MalformedError

        return check


def require(metadata: MetaData) -> None:
    """Have all columns that are never NULL say so to their types."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, (_CheckedColumn, MomentColumn, JsonColumn)):
                column.type.required = not column.nullable


class NumberColumn(_CheckedColumn[int]):
    """A whole number."""

    impl = Integer
    cache_ok = True
    kinds = (int,)


class MeasureColumn(_CheckedColumn[float]):
    """A number that is measured."""

    impl = Float
    cache_ok = True
    kinds = (float, int)


class DayColumn(TypeDecorator[date]):
    """A day."""

    impl = Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        return _careful(self.impl_instance, dialect, coltype)


def _careful(kind: TypeEngine[Any], dialect: Dialect, coltype: object) -> Processor | None:
    """What SQLAlchemy makes of a value, or a MalformedError."""
    process = kind.dialect_impl(dialect).result_processor(dialect, coltype)
    if process is None:
        return None

    def made(value: Any) -> Any:
        with well_formed():
            return process(value)

    return made


class JsonColumn(TypeDecorator[Any]):
    """What JSON can hold. `check` raises for a value of another shape than is written there; None is not checked, and
    where it is `required` malformed.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, check: Processor, none_as_null: bool = False) -> None:
        super().__init__(none_as_null=none_as_null)
        self.check = check
        self.required = False

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        process = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)

        def made(value: Any) -> Any:
            with well_formed():
                found = process(value) if process else value
                if found is not None or self.required:
                    self.check(found)
            return found

        return made


def listed_texts(width: int) -> Processor:
    """A check of a list of so many texts each, some of them None."""

    def check(value: Any) -> None:
        for each in value:
            if len(each) != width or any(part.__class__ not in (str, type(None), int) for part in each):
                raise ValueError

    return check


class MomentColumn(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; SQLite knows no zones, and has it as text.

    A sweep reads and writes some for each host, and what SQLAlchemy does for each takes thrice the time.
    """

    impl = DateTime
    cache_ok = True

    def __init__(self, required: bool = False) -> None:
        super().__init__()
        self.required = required

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        if dialect.name == "sqlite":
            return moment_text
        return lambda value: None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, _: object) -> Callable[[Any], datetime | None]:
        if dialect.name != "sqlite":
            return lambda value: None if value is None else _placed(value.replace(tzinfo=UTC))
        required = self.required

        def made(value: Any) -> datetime | None:
            if value is None and not required:
                return None
            try:
                moment = datetime.fromisoformat(f"{value}+00:00")
            except ValueError as error:
                raise MalformedError from error
            if moment.tzinfo is None:  # a day alone is read without the zone
                raise MalformedError
            return _placed(moment)

        return made


def _placed(moment: datetime) -> datetime:
    return moment if _FIRST <= moment <= _LAST else min(max(moment, _FIRST), _LAST)


def moment_text(value: datetime | None) -> str | None:
    """A moment as SQLite has it; texts are in the order of moments."""
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


class TextColumn(_CheckedColumn[str]):
    """A text of any length, made storable."""

    impl = String
    cache_ok = True
    kinds = (str,)

    def bind_processor(self, _: Dialect) -> Callable[[str | None], str | None]:
        return lambda value: None if value is None else storable(value)


class ChoiceColumn(_CheckedColumn[str]):
    """A text that is one of an enum's values."""

    impl = String
    cache_ok = True

    def __init__(self, choices: type[StrEnum], required: bool = False) -> None:
        super().__init__(required=required)
        self.choices = choices

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:  # noqa: ARG002 # SQLAlchemy's
        known = {*self.choices.__members__.values(), *(() if self.required else (None,))}

        def check(value: Any) -> Any:
            if value in known:
                return value
            raise MalformedError

        return check
