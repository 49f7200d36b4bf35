"""From data/*.yaml to a Matrix: parsed and checked once per change of a file, then kept compiled in the user's cache.

Parsing and checking the YAML takes far longer than a look-up. As with Python's own compiled files, a copy says what it
was made from (path, time of change, size) and is made again when that differs; without a cache directory that can be
written to, every start checks again.
"""

import marshal
import os
import sys
import zlib
from pathlib import Path
from typing import Any

from bot import __version__
from bot.errors import DataError, Problem
from bot.matrix.build import build
from bot.matrix.known import Matrix

NAMES = ("sources", "releases", "list", "issues", "features", "upgrades")
"""The files of data/, in the order in which their problems are told."""

Raw = dict[str, Any]
Origin = list[Any]


def load_matrix(folder: Path | None = None, cache: Path | None = None) -> Matrix:
    """The Matrix of a folder of data files (the shipped ones unless given). DataError lists every problem found."""
    paths = [(folder or shipped()) / f"{name}.yaml" for name in NAMES]
    origin: Origin = [__version__, sys.hexversion, *map(_state, paths)]
    copy = (cache or _cache_folder()) / f"data-{zlib.crc32(str(paths).encode()):08x}"
    return build(_kept(copy, origin) or _checked_and_kept(paths, copy, origin))


def shipped() -> Path:
    """Where the data is: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def _state(path: Path) -> list[Any]:
    try:
        state = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return [str(path), state.st_mtime_ns, state.st_size]


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError([Problem(path.name, "", f"cannot be read: {error.strerror}")])


def _cache_folder() -> Path:
    """As the XDG base directory specification has it: a relative path there is to be ignored."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "xocompat"


def _kept(copy: Path, origin: Origin) -> Raw | None:
    try:
        made_from, raw = marshal.loads(copy.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return raw if made_from == origin else None


def _checked_and_kept(paths: list[Path], copy: Path, origin: Origin) -> Raw:
    from bot.matrix.check import checked  # pydantic and yaml: only when a file has changed

    raw = checked({path.stem: _read(path) for path in paths})
    partial = copy.with_suffix(f".{os.getpid()}")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_bytes(marshal.dumps((origin, raw)))
        partial.replace(copy)
    except OSError:
        pass  # a read-only home: every start checks again, slower but right
    return raw


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
