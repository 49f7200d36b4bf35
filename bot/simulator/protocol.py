"""Calls and their results, apart from how they are written down."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

Value: TypeAlias = "str | int | float | bool | datetime | Sequence[Value] | Mapping[str, Value] | None"
Record: TypeAlias = "dict[str, Value]"

VOID: Final = ""
NULL_REF: Final = "OpaqueRef:NULL"


class Int32(int):
    """A number that XML-RPC writes with its type. All others are the data model's, and go as untyped text."""


class SimDialect(Enum):
    """The way of speaking that a call came in."""

    XML_RPC = "xml-rpc"
    JSON_RPC_1 = "json-rpc-1"
    JSON_RPC_2 = "json-rpc-2"


class Call(NamedTuple):
    """A call as it came in. `id` is what a reply gives back."""

    dialect: SimDialect
    method: str
    params: tuple[Value, ...]
    id: str | int = 0


class Unreadable(Exception):
    """A body that makes no call."""


class XapiError(Exception):
    """A call that failed: a code of the API, and its parameters. `outside_dispatch`: before the call was looked at."""

    def __init__(self, code: str, *params: str, outside_dispatch: bool = False) -> None:
        super().__init__(code, *params)
        self.code = code
        self.params = params
        self.outside_dispatch = outside_dispatch

    @property
    def description(self) -> list[str]:
        return [self.code, *self.params]


def wire_time(moment: datetime) -> str:
    """`20240229T15:07:05Z`."""
    return moment.strftime("%Y%m%dT%H:%M:%SZ")
