"""What came of a call: a value, an error of XAPI, or that the host does not speak this way."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from bot.xapi.observation import Transport

_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}", re.ASCII)


class CallResult(NamedTuple):
    """A value with the transport that it came in, which may be older than the one that asked."""

    transport: Transport
    value: Any


class XapiRefused(Exception):
    """An error of XAPI: its code, and what goes with it. Both are the host's words."""

    def __init__(self, code: str, params: Iterable[object]) -> None:
        self.code = code
        self.params = tuple(str(param) for param in params)
        super().__init__()

    @property
    def is_xapi(self) -> bool:
        """Whether the code looks like one of XAPI's."""
        return bool(_CODE.fullmatch(self.code))


class NotSpoken(Exception):
    """The host does not understand this transport, and another may be tried. The text completes "it answered ...".

    `no_json` says that no JSON-RPC is left to be tried.
    """

    def __init__(self, what: str, no_json: bool = False) -> None:
        super().__init__(what)
        self.no_json = no_json
