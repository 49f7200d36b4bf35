"""What a release of the host platform is to a client of XAPI: what it says of itself, and how it answers.

The rules of behaviour are keyed by API version and by the version of the package xapi, read in its source at the tags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bot.simulator.tls import SimTls

Version = tuple[int, ...]

HEADERS_READ: Final = 1024 - 18  # xapi reads 1,024 bytes at most, and counts the 18 of a frame's header to them


class Grade(Enum):
    """Where a preset comes from."""

    RECORDED = "recorded from a host"
    SOURCE = "read in source code, package specs or boot logs"
    SYNTHETIC = "synthetic: put together from its neighbours"


class JsonRpc(Enum):
    """How `/jsonrpc` answers."""

    NONE = "not at all: it is XML-RPC like every path"
    ALWAYS_V1 = "in version 1 with id 0, whatever was asked"
    MATCHING = "in the version and with the id of the request"


@dataclass(frozen=True, slots=True)
class SimRelease:
    """A release. `software_version` holds the keys that decide something; hosts add the usual others.

    `api` is the version of the data model, `xapi` that of the package; where no package version is known, xapi is the
    lowest that behaves so. `title` is that of the page at `/`.
    """

    product: str
    name: str
    software_version: Mapping[str, str]
    api: Version
    xapi: Version
    grade: Grade
    title: str

    @property
    def synthetic(self) -> bool:
        return self.grade is Grade.SYNTHETIC

    @property
    def json_rpc(self) -> JsonRpc:
        if self.api < (2, 3):
            return JsonRpc.NONE
        return JsonRpc.MATCHING if self.xapi >= (1, 47) else JsonRpc.ALWAYS_V1

    @property
    def error_code(self) -> int:
        """The `code` of errors in version 2 of JSON-RPC, a number that means nothing (CA-274994)."""
        return 1 if self.xapi >= (1, 62) else 0

    @property
    def takes_originator(self) -> bool:
        return self.api >= (2, 0)

    @property
    def has_event_from(self) -> bool:
        return self.api >= (1, 9)

    @property
    def emergency_in_version_2(self) -> bool:
        """Whether errors raised outside dispatch are arrays in a version 2 reply."""
        return self.xapi >= (24, 18)

    @property
    def header_limit(self) -> int | None:
        """Bytes of a request up to its body, None where there is no limit (CA-368579, also in 8.2's updates)."""
        return HEADERS_READ if self.xapi >= (1, 249, 26) else None

    @property
    def tls(self) -> SimTls:
        if self.api < (2, 5):
            return SimTls.OLD
        if self.api < (2, 12):
            return SimTls.RSA
        return SimTls.MIXED if self.api < (2, 15) else SimTls.MODERN

    def saying(self, **keys: str | None) -> "SimRelease":
        """The same with other keys in `software_version`; None leaves a key out. For releases that nobody foresaw."""
        merged = {**self.software_version, **keys}
        return replace(self, software_version={key: value for key, value in merged.items() if value is not None})
