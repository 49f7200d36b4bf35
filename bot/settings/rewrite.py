"""The configuration file replaced by a changed one: whole or not at all, with its mode and owner, links followed."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bot.errors import UnavailableError


class ConfigFile(NamedTuple):
    """A file of ours as it was read. `label` is how it was named; `path` what that leads to."""

    label: str
    path: Path
    data: bytes


def read_config(folder: Path, name: Path) -> ConfigFile | None:
    """The file as it is now, the way there through links resolved; None if it cannot be read."""
    try:
        path = Path(os.path.realpath(folder / name))
        return ConfigFile(str(name), path, path.read_bytes())
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None


def rewrite(file: ConfigFile, data: bytes) -> None:
    """Put new bytes in the place of those that were read. UnavailableError, and nothing changed, if that cannot be.

    Whoever reads the file meanwhile, or after a crash, finds all of the old or all of the new.
    """
    try:
        temporary = _written_beside(file.path, data)
    except OSError as error:
        raise _unwritten(file, error.strerror) from None
    try:
        if file.path.read_bytes() != file.data:
            raise _unwritten(file, "somebody else changed it meanwhile")
        temporary.replace(file.path)
        _sync_folder(file.path.parent)
    except OSError as error:
        raise _unwritten(file, error.strerror) from None
    finally:
        with suppress(FileNotFoundError):  # it has its place by now
            temporary.unlink()


def _unwritten(file: ConfigFile, why: str | None) -> UnavailableError:
    return UnavailableError(f"{file.label} cannot be written: {why or 'no reason given'}.")


def _written_beside(path: Path, data: bytes) -> Path:
    """A file in the same folder, so that it can take the other's place at once; on disk when this returns."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            _dress_like(path, descriptor)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def _dress_like(path: Path, descriptor: int) -> None:
    """Owner first: changing it may take bits off the mode."""
    old, new = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """The new name on disk, too. Not every file system lets a folder be synced, and the file has its place already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
