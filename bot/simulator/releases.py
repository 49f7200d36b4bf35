"""What a release of the host platform is to a client of XAPI: what it says of itself, and how it answers.

The rules of behaviour are keyed by API version and by the version of the package xapi, read in its source at the tags.
Presets, such as `release("XCP-ng", "8.3")`, leave out the values that are not known, as hosts leave them out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
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

    def patched(self, xen: str) -> "SimRelease":
        """The same at a patch level, which goes by what the hypervisor says, with the toolstack of its time.

        Raises LookupError that says which levels are known. After `patched(new).saying(xen=old)` updates are installed
        and the toolstack has been restarted, but not the host.
        """
        known = _LEVELS.get((self.product, self.name), {})
        if xen not in known:
            raise LookupError(f"{self.product} {self.name} has these patch levels: {', '.join(known) or 'none'}.")
        build, date = known[xen]
        return self.saying(
            xen=xen, date=date, **({"xapi_build": build, "xapi": build.rpartition(".")[0]} if build else {})
        )


XENSERVER: Final = "XenServer"
CITRIX: Final = "Citrix Hypervisor"
XCP_NG: Final = "XCP-ng"

_R = Grade.RECORDED
_S = Grade.SOURCE
_X = Grade.SYNTHETIC
_STOCKHOLM = "release/stockholm/master/7"
_YANGTZE = "release/yangtze/master/58"
_QUEBEC = "release/quebec/master/17"
_KEYS = ("product_version", "product_version_text", "platform_version", "build_number", "xapi", "xen")


def release(product: str, name: str) -> SimRelease:
    """The preset of that name; a name such as `8.2` or `6.5` is the one with the last of its updates.

    Raises LookupError that says which are near.
    """
    found = _PRESETS.get((product, name))
    if found is None:
        known = [f"{key[0]} {key[1]}" for key in _PRESETS]
        near = get_close_matches(f"{product} {name}", known, n=3, cutoff=0) or known
        raise LookupError(f"No preset is called {product} {name}. Near: {', '.join(near)}.")
    return found


def all_releases() -> tuple[SimRelease, ...]:
    """Every preset once, by product and age."""
    return tuple({id(preset): preset for preset in _PRESETS.values()}.values())


_Row = tuple[str, str, Version, Version, Grade, str]

# name, then product_version and _text, platform_version, build_number, xapi, xen with "-" for what is absent or unknown
_XENSERVER: Final[tuple[_Row, ...]] = (
    ("5.5", "5.5.0 - - 14395c 1.3 3.3.1", (1, 6), (0, 1), _R, "Welcome to Citrix XenServer 5.5.0"),
    ("5.6", "5.6.0 - - 28413c 1.3 3.4.2", (1, 7), (0, 1), _R, "Welcome to Citrix XenServer 5.6.0"),
    ("6.0", "6.0.0 6.0 - 49890c 1.3 4.1.1", (1, 9), (0, 2), _R, "Welcome to Citrix XenServer 6.0.0"),
    ("6.0.2", "6.0.2 6.0.2 - 53456c 1.3 4.1.2", (1, 9), (0, 2), _X, "Welcome to Citrix XenServer 6.0.2"),
    ("6.1", "6.1.0 6.1 1.6.10 59235c 1.3 4.1.3", (1, 10), (0, 2), _R, "Welcome to Citrix XenServer 6.1.0"),
    ("6.2", "6.2.0 6.2 1.8.0 70446c 1.3 4.1.5", (2, 0), (0, 2), _X, "Welcome to Citrix XenServer 6.2.0"),
    ("6.5.0", "6.5.0 6.5 1.9.0 90233c 1.3 4.4.1-xs90192", (2, 3), (1, 9), _R, "Welcome to Citrix XenServer 6.5.0"),
    ("6.5", "6.5.0 6.5 1.9.0 90233c 1.3 4.4.1-xs90192", (2, 4), (1, 9), _R, "Welcome to Citrix XenServer 6.5.0"),
    ("7.0", "7.0.0 7.0 2.1.0 125380c - 4.6.1", (2, 5), (1, 9), _S, "XenServer 7"),
    ("7.1.0", "7.1.0 7.1 2.1.1 - - -", (2, 6), (1, 14), _X, "XenServer 7"),
    ("7.1", "7.1.2 7.1 2.1.1 - - -", (2, 6), (1, 14), _X, "XenServer 7"),
    ("7.2", "7.2.0 7.2 2.3.0 - - -", (2, 7), (1, 30), _X, "XenServer 7"),
    ("7.3", "7.3.0 7.3 2.4.0 - - -", (2, 8), (1, 47), _X, "XenServer 7"),
    ("7.4", "7.4.0 7.4 2.5.0 - - -", (2, 9), (1, 62), _X, "XenServer 7"),
    ("7.5", "7.5.0 7.5 2.6.0 release/kolkata/master/29 - -", (2, 10), (1, 90, 6), _X, "XenServer 7"),
    ("7.6", "7.6.0 7.6 2.7.0 release/lima/master/8 - -", (2, 11), (1, 110, 1), _X, "XenServer 7"),
)
_CITRIX: Final[tuple[_Row, ...]] = (
    ("8.0", "8.0.0 8.0 3.0.0 release/naples/master/45 1.20 -", (2, 12), (1, 160, 2), _X, "Citrix Hypervisor 8.0"),
    ("8.1", f"8.1.0 8.1 3.1.0 {_QUEBEC} 1.20 4.13.0-8.3", (2, 14), (1, 214, 1), _R, "Citrix Hypervisor 8.1"),
    ("8.2.0", f"8.2.0 8.2 3.2.0 {_STOCKHOLM} 1.20 -", (2, 15), (1, 249, 3), _X, "Citrix Hypervisor 8.2"),
    ("8.2", f"8.2.1 8.2 3.2.1 {_YANGTZE} 1.20 -", (2, 16), (1, 249, 40), _X, "Citrix Hypervisor 8.2"),
)
_XENSERVER_AGAIN: Final[tuple[_Row, ...]] = (
    ("8", "8.4.0 8 3.4.0 stream 24.15 4.17.4-4", (2, 21), (24, 15), _R, "XenServer 8"),
    ("9", "9.0.0 9 3.5.0 stream 26.4 -", (2, 23), (26, 4), _X, "XenServer 9"),
)
_XCP_NG: Final[tuple[_Row, ...]] = (
    ("7.4", "7.4.0 7.4 2.5.0 - - -", (2, 9), (1, 62), _X, "Welcome to XCP-ng 7.4.0"),
    ("7.5", "7.5.0 7.5 2.6.0 release/kolkata/master/29 - -", (2, 10), (1, 90, 6), _R, "Welcome to XCP-ng 7.5.0"),
    ("7.6", "7.6.0 7.6 2.7.0 release/lima/master/8 - -", (2, 11), (1, 110, 1), _S, "Welcome to XCP-ng 7.6.0"),
    ("8.0", "8.0.0 8.0 3.0.0 release/naples/master/45 1.20 -", (2, 12), (1, 160, 2), _S, "Welcome to XCP-ng 8.0.0"),
    ("8.1", f"8.1.0 8.1 3.1.0 {_QUEBEC} 1.20 4.13.0-8.3", (2, 14), (1, 214, 1), _S, "Welcome to XCP-ng 8.1.0"),
    ("8.2.0", f"8.2.0 8.2 3.2.0 {_STOCKHOLM} 1.20 -", (2, 15), (1, 249, 3), _S, "Welcome to XCP-ng 8.2.0"),
    ("8.2", f"8.2.1 8.2 3.2.1 {_YANGTZE} 1.20 4.13.5-9.39", (2, 16), (1, 249, 40), _R, "Welcome to XCP-ng 8.2.1"),
    ("8.3", "8.3.0 8.3 3.4.0 8.3.0 26.1 4.17.6-9", (2, 21), (26, 1, 4), _S, "XO Lite"),
)
_RECORDED: Final = {  # further keys, where recorded
    (XCP_NG, "8.2"): {"dbv": "0.0.1", "db_schema": "5.603", "date": "2023-10-18"},
    (XENSERVER, "8"): {
        "dbv": "2024.0229",
        "db_schema": "5.778",
        "is_preview_release": "false",
        "xapi_build": "24.15.0",
    },
    (XCP_NG, "8.3"): {"xapi_build": "26.1.4", "date": "20260512T09:41:00Z"},
}
_LEVELS: Final[Mapping[tuple[str, str], Mapping[str, tuple[str, str]]]] = {
    (XCP_NG, "8.2"): {
        "4.13.5-9.38": ("", "2023-06-21"),
        "4.13.5-9.39": ("", "2023-10-18"),
        "4.13.5-9.45": ("", "2024-11-13"),
        "4.13.5-9.49": ("", "2025-09-11"),
    },
    (XCP_NG, "8.3"): {
        "4.17.3-4": ("24.11.0", "20240604T10:11:12Z"),
        "4.17.5-4": ("24.19.2", "20240813T10:20:00Z"),
        "4.17.5-23": ("25.27.0", "20250922T12:30:00Z"),
        "4.17.6-6": ("26.1.3", "20260427T14:05:00Z"),
        "4.17.6-9": ("26.1.4", "20260512T09:41:00Z"),
    },
    (XENSERVER, "8"): {
        "4.17.4-4": ("24.15.0", "20240229T15:07:05Z"),
        "4.17.6-6": ("26.1.4", "20260424T08:00:00Z"),
        "4.17.6-9": ("26.1.11", "20260720T08:00:00Z"),
    },
    (CITRIX, "8.2"): {"4.13.5-9.39": ("", "2023-10-18"), "4.13.5-9.49": ("", "2025-09-11")},
}
"""Patch levels by what `xen` says: `xapi_build`, from xapi 22.9 on, and `date`. Hypervisors are as packages show them;
which toolstack a host had with them, and the time of its day, is put together."""
_ALIASES: Final = {
    (XCP_NG, "8.2.1"): (XCP_NG, "8.2"),
    (XCP_NG, "8.3.0"): (XCP_NG, "8.3"),
    (CITRIX, "8.2.1"): (CITRIX, "8.2"),
    (XENSERVER, "7.1.2"): (XENSERVER, "7.1"),
    (XENSERVER, "6.5 SP1"): (XENSERVER, "6.5"),
    (XENSERVER, "8.4.0"): (XENSERVER, "8"),
}


def _presets(product: str, rows: Iterable[_Row]) -> Iterator[tuple[tuple[str, str], SimRelease]]:
    for name, words, api, xapi, grade, title in rows:
        keys = {key: word for key, word in zip(_KEYS, words.split(), strict=True) if word != "-"}
        # The platform has had a name for as long as it has had a version, always the same one.
        keys |= {"platform_name": "XCP"} if "platform_version" in keys else {}
        keys |= {"product_brand": product, **_RECORDED.get((product, name), {})}
        yield (product, name), SimRelease(product, name, keys, api, xapi, grade, title)


_PRESETS: Final[dict[tuple[str, str], SimRelease]] = {
    **dict(_presets(XENSERVER, _XENSERVER)),
    **dict(_presets(CITRIX, _CITRIX)),
    **dict(_presets(XENSERVER, _XENSERVER_AGAIN)),
    **dict(_presets(XCP_NG, _XCP_NG)),
}
_PRESETS.update({alias: _PRESETS[name] for alias, name in _ALIASES.items()})
