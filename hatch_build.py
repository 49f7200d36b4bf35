"""Compiles data/ when a wheel is built, so that an installed xocompat never has to parse YAML to answer."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileData(BuildHookInterface):
    """Checks data/*.yaml, and writes the compiled files beside it, which go into the wheel with the folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling calls it so
        sys.path.insert(0, self.root)  # the code of this tree, whatever is installed
        from bot.advisories import load as advisories
        from bot.matrix import load as matrix

        folder = Path(self.root, "data")
        for part in (matrix, advisories):
            (folder / part.COMPILED).write_bytes(part.compile_data(folder))
