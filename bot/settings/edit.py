"""The configuration file's text with another pin in it: what is not changed stays as it is, byte for byte.

The place is found by the marks that YAML's nodes have. Whether the edit did what it should, and nothing else, is not
argued but tried: the new text is read again.
"""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.errors import UnavailableError
from bot.settings.file import LOADER, Tree, tree_of

_MODES = ("pin", "ca", "insecure")
"""Ways to trust a certificate; one at most holds."""

_NOT_GIVEN: tuple[object, ...] = (None, False, "false", "", [])
"""What a key may hold and count as not there."""

_BEFORE_TLS = ("name", "address", "username", "password_env", "password_file")
_BLOCKS = ("|", ">")
"""Styles of scalars that end where other lines begin."""

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PLAIN = re.compile(r"[\w.-]+(?::[0-9]+)?", re.ASCII)


class PinPlace(NamedTuple):
    """Whose pin it is: the target's at an index of `targets`, or that of the member at an index of its `also`."""

    target: int
    member: int | None = None


class _Edit(NamedTuple):
    """Characters from `start` to `end` are to be replaced."""

    start: int
    end: int
    text: str


_Edits = tuple[_Edit, ...]
"""Edits that belong together, in the order of the text."""


def with_pin(text: str, place: PinPlace, pin: str) -> str | None:
    """The text in which the place's certificate is trusted by its pin (`sha256:...`) and by nothing else.

    `minimum` stays. None if that cannot be done without a doubt; the text must be a configuration without problems.
    """
    before, _ = tree_of(text, "")
    if before is None:
        return None
    for edits in _edits(text, place, pin):
        changed = _edited(text, edits)
        after, problems = tree_of(changed, "")
        if not problems and after == _wanted(before, place, pin):
            return changed
    return None


def _edited(text: str, edits: _Edits) -> str:
    for edit in reversed(edits):
        text = f"{text[: edit.start]}{edit.text}{text[edit.end :]}"
    return text


def _wanted(tree: Tree, place: PinPlace, pin: str) -> Tree:
    """The tree as it must be afterwards."""
    tree = deepcopy(tree)
    entry = tree["targets"][place.target]
    if place.member is not None:
        also = entry["also"]
        if not isinstance(also[place.member], dict):
            also[place.member] = {"address": also[place.member]}
        entry = also[place.member]
        if "tls" not in entry:
            entry["pin"] = pin
            return tree
    others = (item for item in (entry.get("tls") or {}).items() if item[0] not in _MODES or item[1] in _NOT_GIVEN)
    entry["tls"] = {**dict(others), "pin": pin}
    return tree


def _edits(text: str, place: PinPlace, pin: str) -> Iterator[_Edits]:
    """Edits that may do, the likeliest first."""
    root = yaml.compose(text, Loader=LOADER)
    node = _at(root, "targets", place.target, *(() if place.member is None else ("also", place.member)))
    if isinstance(node, yaml.ScalarNode):
        yield (_member_alone(text, node, pin),)
    elif isinstance(node, yaml.MappingNode):
        tls = _pair(node, "tls")
        if tls:
            yield from _in_tls(text, tls[1], pin)
        elif place.member is None:
            yield from _new_key(text, node, "tls", pin)
        elif _pair(node, "pin"):
            yield from _in_tls(text, node, pin)
        else:
            yield from _new_key(text, node, "pin", pin)


def _at(node: Any, *steps: str | int) -> yaml.Node | None:
    for step in steps:
        if isinstance(step, str):
            found = _pair(node, step) if isinstance(node, yaml.MappingNode) else None
            node = found[1] if found else None
        else:
            node = node.value[step] if isinstance(node, yaml.SequenceNode) and step < len(node.value) else None
    return node if isinstance(node, yaml.Node) else None


def _pair(node: yaml.MappingNode, name: str) -> tuple[yaml.ScalarNode, yaml.Node] | None:
    return next(((key, value) for key, value in node.value if key.value == name), None)


def _member_alone(text: str, node: yaml.ScalarNode, pin: str) -> _Edit:
    """A member that is but an address gets keys."""
    written = text[node.start_mark.index : _end(text, node)]
    address = written if node.style in ('"', "'") or _PLAIN.fullmatch(written) else f'"{node.value}"'
    return _over(text, node, f'{{address: {address}, pin: "{pin}"}}')


def _in_tls(text: str, node: yaml.Node, pin: str) -> Iterator[_Edits]:
    """The way to trust that is there is replaced; where there is none, the pin comes first."""
    start, end = node.start_mark.index, _end(text, node)
    if not isinstance(node, yaml.MappingNode) or not node.value:  # null, or {}
        space = " " if start == end and text[start - 1 : start] == ":" else ""
        yield (_Edit(start, end, f'{space}{{pin: "{pin}"}}'),)
        return
    for name in _MODES:
        if found := _pair(node, name):
            key, value = found  # what stands between them, such as a comment, stays
            yield (_over(text, key, _key("pin", key)), _over(text, value, f'"{pin}"'))
    first = node.value[0][0]
    between = ", " if node.flow_style else _break_before(text, first)
    at = first.start_mark.index
    yield (_Edit(at, at, f'{_key("pin", first)}: "{pin}"{between}'),)


def _new_key(text: str, node: yaml.MappingNode, name: str, pin: str) -> Iterator[_Edits]:
    """A key more, behind those that say who is asked."""
    known = [(key, value) for key, value in node.value if key.value in _BEFORE_TLS and value.style not in _BLOCKS]
    for key, value in reversed(known):
        inner = f'"{pin}"' if name == "pin" else f'{{{_key("pin", key)}: "{pin}"}}'
        added = f"{_key(name, key)}: {inner}"
        if node.flow_style:
            yield (_Edit(_end(text, value), _end(text, value), f", {added}"),)
        else:
            end = _LINE_END.search(text, _end(text, value))
            at = end.start() if end else len(text)
            yield (_Edit(at, at, f"{_break_before(text, key)}{added}"),)


def _key(name: str, like: yaml.ScalarNode) -> str:
    """A key as its neighbour is written: a file that is JSON stays so."""
    return f'"{name}"' if like.style == '"' else name


def _break_before(text: str, key: yaml.Node) -> str:
    """A line's end as the file has them, and the key's indent."""
    found = _LINE_END.search(text)
    return f"{found[0] if found else chr(10)}{' ' * key.start_mark.column}"


def _over(text: str, node: yaml.Node, new: str) -> _Edit:
    return _Edit(node.start_mark.index, _end(text, node), new)


def _end(text: str, node: yaml.Node) -> int:
    """Where a node's own characters end: the marks of some lie behind the white space that follows."""
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


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
