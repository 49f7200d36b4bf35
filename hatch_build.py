"""Compiles data/ when a wheel is built, so that an installed xocompat never has to parse YAML to answer."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileData(BuildHookInterface):
    """Checks data/*.yaml, and writes the compiled file beside it, which goes into the wheel with the folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling calls it so
        sys.path.insert(0, self.root)  # the code of this tree, whatever is installed
        from bot.matrix.load import COMPILED, compile_data

        folder = Path(self.root, "data")
        (folder / COMPILED).write_bytes(compile_data(folder))
