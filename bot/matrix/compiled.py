"""A part of data/ as one file of JSON that is used while it was made from just the YAML that lies beside it.

Checking the YAML takes more than a tenth of a second, too long for an answer in a shell (decision 9).
"""

import json
import os
import zlib
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.errors import DataError, Problem

if TYPE_CHECKING:
    from pathlib import Path

_DATA = b'"data": '


class DataPart(NamedTuple):
    """Some files of data/ (their names without .yaml), the compiled file beside them, and what decides what is in it.

    `checkers` are the modules that check and resolve the YAML: a change of them counts as one of the YAML. `validated`
    makes plain JSON values of the files' bytes by name, or raises a DataError with every problem.
    """

    names: tuple[str, ...]
    file: str
    checkers: Iterable[str]
    validated: Callable[[dict[str, bytes]], dict[str, Any]]


def load_part(part: DataPart, folder: "Path | str") -> dict[str, Any]:
    """The checked content of a part. DataError lists every problem found.

    The compiled file is used if it was made from just these files and is undamaged. Otherwise the YAML is checked and
    used, and compiled anew where the folder is ours to write.
    """
    sources = _sources(part, read_files(part, folder))
    compiled = _read(os.path.join(folder, part.file))
    content = compiled.partition(_DATA)[2][:-2]
    if not (content and compiled == _sealed(sources, content)):
        compiled = compile_part(part, folder)
        content = compiled.partition(_DATA)[2][:-2]
        _write(os.path.join(folder, part.file), compiled)
    return dict(json.loads(content))


def compile_part(part: DataPart, folder: "Path | str") -> bytes:
    """Check a part and return what its compiled file should hold. DataError lists every problem."""
    files = read_files(part, folder)
    content = json.dumps(part.validated(files), separators=(",", ":"))
    return _sealed(_sources(part, files), content.encode())


def shipped() -> "Path":
    """Where the data is: inside the package once installed, beside it in a checkout."""
    from pathlib import Path

    return Path(shipped_folder())


def shipped_folder() -> str:
    """The same, for a look-up: loading pathlib takes as long as reading the data does."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "data")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "data")


def read_files(part: DataPart, folder: "Path | str") -> dict[str, bytes]:
    """The bytes of a part's files by name. DataError for the first one that cannot be read."""
    files = {}
    for name in part.names:
        file = f"{name}.yaml"
        try:
            with open(os.path.join(folder, file), "rb") as opened:
                files[name] = opened.read()
        except OSError as error:
            raise DataError([Problem(file, "", f"cannot be read: {error.strerror}")]) from error
    return files


def _sources(part: DataPart, files: dict[str, bytes]) -> bytes:
    """All that decides what is compiled: the files, and the modules that check and resolve them."""
    return b"".join(b"%d:%b," % (len(each), each) for each in (*_checkers(part), *files.values()))


def _checkers(part: DataPart) -> list[bytes]:
    return list(map(_read, part.checkers))


def _read(path: str) -> bytes:
    """What a file holds; nothing where it is not there, or not ours to read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def checked_by(*parts: DataPart) -> str:
    """What tells versions of the checks apart: what one of them has checked and resolved is of use to itself alone."""
    return f"{zlib.crc32(b''.join(chain.from_iterable(map(_checkers, parts)))):08x}"


def _sealed(sources: bytes, content: bytes) -> bytes:
    """The compiled file, which begins with the checksums of what it was made from and of its own content.

    They are against edits and damage, so CRC-32 does (hashlib would take 3 ms of a start that takes 50). They protect
    from nobody who may write here: such a person could edit the YAML, or the code.
    """
    checksums = (len(sources), zlib.crc32(sources), zlib.crc32(content))
    return b'{"made_from": "%d-%08x", "crc32": "%08x", ' % checksums + _DATA + content + b"}\n"


def _write(path: str, compiled: bytes) -> None:
    """Put the compiled file in place, all of it at once. Where that cannot be done, each start checks the YAML again.

    Only for the folder's owner: root in somebody's checkout must neither follow links nor leave files there.
    """
    import tempfile

    try:
        folder, name = os.path.split(path)
        if os.stat(folder).st_uid != os.geteuid():
            return
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        try:
            with open(descriptor, "wb") as file:
                file.write(compiled)
                os.fchmod(descriptor, 0o644)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError:
        pass
