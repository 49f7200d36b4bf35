"""Where settings come from: a file, and variables of the environment.

This module imports neither pydantic nor yaml, so that a look-up with nothing to read stays fast.
"""

import os.path
import pwd
import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "XOCOMPAT_"
"""What our own variables begin with: any key of the file as `XOCOMPAT_<KEY>`, `__` before a key of a section."""

DEFAULT_FILE = "xocompat.yaml"
NAMES_THE_FILE = "XOCOMPAT_CONFIG"
WEB_TOKEN = "XOCOMPAT_WEB_TOKEN"
CALENDAR_TOKEN = "XOCOMPAT_CALENDAR_TOKEN"
MCP_TOKEN = "XOCOMPAT_MCP_TOKEN"
"""The variables that the keys `token_env` and `calendar_token_env` name by default: secrets, not keys."""

SECRETS = frozenset({WEB_TOKEN, CALENDAR_TOKEN, MCP_TOKEN})

TARGETS = "XOCOMPAT_TARGETS"
"""The variable that holds the whole inventory, where no file does."""

PLATFORM: Mapping[str, tuple[str, ...]] = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "SLACK_CLIENT_SECRET": ("slack", "client_secret"),
    "SLACK_API_URL": ("slack", "api_url"),
    "DATABASE_URL": ("database",),
    "PORT": ("port",),
}
"""Variables with names that are not ours, as Slack's tools and hosting platforms set them, and where each goes."""


class Sources(NamedTuple):
    """Where settings come from: a file as it was named (or None), what named it, and the variables that are set.

    `misnamed` are names that are none, as a file of variables with `export` in its lines makes them, by what is meant.
    """

    cwd: "Path | str"
    file: "Path | str | None"
    named_by: str
    own: Mapping[str, str]
    platform: Mapping[str, str]
    misnamed: Mapping[str, str] = {}

    @property
    def nothing_to_read(self) -> bool:
        """Whether a look-up may go on without reading: no file, and no variable that is certainly meant for us."""
        return self.file is None and not self.own.keys() - SECRETS


def sources(config: "Path | None", environ: Mapping[str, str], cwd: "Path | str") -> Sources:
    """What there is to read. `config` is the value of `--config`; an empty variable counts as unset."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    for variable in tuple(_of_platform(given)):
        del given[variable]
    file: Path | str | None = config
    named_by = "--config"
    if file is None and (name := given.get(NAMES_THE_FILE)):
        file, named_by = name, NAMES_THE_FILE
    elif file is None:  # a dangling link is there, and an error to report: lexists
        file, named_by = DEFAULT_FILE if os.path.lexists(os.path.join(cwd, DEFAULT_FILE)) else None, ""
    return Sources(
        cwd=cwd,
        file=file,
        named_by=named_by,
        own={name: given[name] for name in given if name.startswith(PREFIX) and name != NAMES_THE_FILE},
        platform={name: given[name] for name in PLATFORM if name in given},
        misnamed={name: meant for name in given if not name.isidentifier() and (meant := _meant(name)) != name},
    )


def _meant(name: str) -> str:
    return re.sub(r"^(?:export\s|[\s\ufeff])+|\s+$", "", name)


_NO_HOME = "/nonexistent"
"""What Debian gives users who have none."""


def settle_home(environ: MutableMapping[str, str]) -> None:
    """Give this process a home folder that is not there, where it has none: a container may run as a number without a
    name. Libraries ask for it when they are imported, and raise.
    """
    if environ.get("HOME"):
        return
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        environ["HOME"] = _NO_HOME


_OF_SERVICE = {
    r"SERVICE_HOST": r"[0-9A-Fa-f.:]+",
    r"SERVICE_PORT(?:_+[A-Z0-9]+)*": r"[0-9]+",
    r"PORT(?:_[0-9]+_(?:TCP|UDP|SCTP))?": r"(?:tcp|udp|sctp)://.*",
    r"PORT_[0-9]+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR)": r".*",
}
"""How Kubernetes' variables for a service end, and those of linked containers, each with what its value is like.

Each dash of a name is an underscore, and two may stand side by side.
"""

_SERVICES = tuple(
    (re.compile(rf"XOCOMPAT_+(?:[A-Z0-9]+_+)*{name}"), re.compile(value)) for name, value in _OF_SERVICE.items()
)
_LINK = re.compile(rf"({PREFIX}(?:[A-Z0-9]+_)*)NAME")
_LINKED = re.compile(r"/[^/\s]+/[^/\s]+")


def _of_platform(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables with our prefix that are not ours: those of a service or a linked container whose name begins alike."""
    links = tuple(
        found[1] for name, value in environ.items() if (found := _LINK.fullmatch(name)) and _LINKED.fullmatch(value)
    )
    for name, value in environ.items():
        of_service = any(ends.fullmatch(name) and holds.fullmatch(value) for ends, holds in _SERVICES)
        of_link = any(name == f"{link}NAME" or name.startswith(f"{link}ENV_") for link in links)
        if of_service or of_link:
            yield name
