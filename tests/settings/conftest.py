"""What the tests of settings share: a configuration in a folder of its own, and an environment that is handed in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from bot.errors import ConfigError
from bot.settings import load_settings
from bot.settings.model import Settings


class Load(Protocol):
    """Settings from the text of ./xocompat.yaml (None: there is none) and an environment."""

    def __call__(self, text: str | bytes | None = None, environ: Mapping[str, str] | None = None) -> Settings: ...


class Told(Protocol):
    """As Load, for what is wrong: the lines that a user reads."""

    def __call__(self, text: str | bytes | None = None, environ: Mapping[str, str] | None = None) -> list[str]: ...


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str | bytes | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        if text is not None:
            (tmp_path / "xocompat.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_settings(None, environ or {}, tmp_path)

    return load


@pytest.fixture
def told(load: Load) -> Told:
    def told(text: str | bytes | None = None, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text, environ)
        assert caught.value.__context__ is None, "a cause would carry the values into a log"
        return list(caught.value.lines)

    return told
