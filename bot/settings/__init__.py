"""The configuration: one YAML file, with the environment over it and defaults below (CONTRACT.md section 3).

What was read is a `bot.settings.model.Settings`. Pydantic and yaml are imported only where there is something to read.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.settings.source import sources

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings.model import Settings


def load_settings(config: "Path | None", environ: Mapping[str, str], cwd: "Path | str") -> "Settings":
    """All settings. ConfigError lists every problem of the file and of the environment."""
    from bot.settings.load import load

    return load(sources(config, environ, cwd))


def settings_for_lookup(config: "Path | None", environ: Mapping[str, str], cwd: "Path | str") -> "Settings | None":
    """For commands that need no setting: ConfigError if the file or our own variables have problems.

    None, and free of cost, where there is nothing to read.
    """
    found = sources(config, environ, cwd)
    if found.nothing_to_read:
        return None
    from bot.settings.load import load

    # Without the variables that other programs share: PORT in a shell must not stop a look-up that needs none.
    return load(found._replace(platform={}, misnamed={}))
