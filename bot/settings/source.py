"""Where settings come from: a file, and variables of the environment.

This module imports neither pydantic nor yaml, so that a look-up with nothing to read stays fast.
"""

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PREFIX = "XOCOMPAT_"
"""What our own variables begin with: any key of the file as `XOCOMPAT_<KEY>`, `__` before a key of a section."""

DEFAULT_FILE = Path("xocompat.yaml")
NAMES_THE_FILE = "XOCOMPAT_CONFIG"
WEB_TOKEN = "XOCOMPAT_WEB_TOKEN"
CALENDAR_TOKEN = "XOCOMPAT_CALENDAR_TOKEN"
"""The variables that `web.token_env` and `web.calendar_token_env` name by default: secrets, not keys."""

SECRETS = frozenset({WEB_TOKEN, CALENDAR_TOKEN})

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
    """Where settings come from: a file as it was named (or None), what named it, and the variables that are set."""

    cwd: Path
    file: Path | None
    named_by: str
    own: Mapping[str, str]
    platform: Mapping[str, str]

    @property
    def nothing_to_read(self) -> bool:
        """Whether a look-up may go on without reading: no file, and no variable that is certainly meant for us."""
        return self.file is None and not self.own.keys() - SECRETS


def sources(config: Path | None, environ: Mapping[str, str], cwd: Path) -> Sources:
    """What there is to read. `config` is the value of `--config`; an empty variable counts as unset."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    file, named_by = config, "--config"
    if file is None and (name := given.get(NAMES_THE_FILE)):
        file, named_by = Path(name), NAMES_THE_FILE
    elif file is None:  # a dangling link is there, and an error to report: lexists
        file, named_by = DEFAULT_FILE if os.path.lexists(cwd / DEFAULT_FILE) else None, ""
    return Sources(
        cwd=cwd,
        file=file,
        named_by=named_by,
        own={name: given[name] for name in given if name.startswith(PREFIX) and name != NAMES_THE_FILE},
        platform={name: given[name] for name in PLATFORM if name in given},
    )
