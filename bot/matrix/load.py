"""From data/*.yaml to a Matrix: parsed and checked once per change of a file, then kept compiled in the user's cache.

Parsing and checking the YAML takes far longer than a look-up. The compiled copy holds exactly what the files hold, as
JSON under a name made of their bytes, so it can neither be stale nor mean something else; without a cache directory
that can be written to, every start checks again.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from bot import __version__
from bot.errors import DataError, Problem
from bot.matrix.build import build
from bot.matrix.known import Matrix

NAMES = ("sources", "releases", "list", "issues", "features", "upgrades")
"""The files of data/, in the order in which their problems are told."""

Raw = dict[str, Any]


def load_matrix(folder: Path | None = None, cache: Path | None = None) -> Matrix:
    """The Matrix of a folder of data files (the shipped ones unless given). DataError lists every problem found."""
    folder = folder or shipped()
    texts = {name: _read(folder / f"{name}.yaml") for name in NAMES}
    compiled = (cache or _cache_folder()) / f"data-{_digest(texts)}.json"
    return build(_compiled(compiled) or _check_and_keep(texts, compiled))


def shipped() -> Path:
    """Where the data is: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError([Problem(path.name, "", f"cannot be read: {error.strerror}")]) from error


def _digest(texts: dict[str, bytes]) -> str:
    digest = hashlib.sha256(__version__.encode())
    for name, text in texts.items():
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:32]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xocompat"


def _compiled(path: Path) -> Raw | None:
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def _check_and_keep(texts: dict[str, bytes], path: Path) -> Raw:
    from bot.matrix.check import checked  # pydantic and yaml: only when a file has changed

    raw = checked(texts)
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(json.dumps(raw, separators=(",", ":")))
        partial.replace(path)
    except OSError:
        pass  # a read-only home: every start checks again, slower but right
    return raw
