"""The configuration file with another pin in it: what is not changed stays as it is, byte for byte.

ruamel.yaml writes the change, with the quotes, comments and order that are there. It does not write back everything as
it was (spaces in braces, lines within them, indents), so only its change is taken over: the difference between what it
writes of the place before and after is applied to the file's own text. Whether that did what it should, and nothing
else, is not argued but tried: the new text is read again.
"""

import io
import os
import re
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.errors import UnavailableError
from bot.settings.file import LOADER, Tree, tree_of

_MODES = ("pin", "ca", "insecure")
"""The keys that say how a certificate is trusted; one at most holds."""

_NOT_GIVEN: tuple[object, ...] = (None, False, "false", "", [])
"""What a key may hold and count as not there."""

_LOGIN = ("name", "address", "username", "password_env", "password_file")
"""The keys that a new `tls` follows."""


class PinPlace(NamedTuple):
    """Whose pin it is: the target's at an index of `targets`, or that of the member at an index of its `also`."""

    target: int
    member: int | None = None


def with_pin(text: str, place: PinPlace, pin: str) -> str | None:
    """The text in which the place's certificate is trusted by its pin (`sha256:...`) and by nothing else.

    `minimum` stays. None if that cannot be done without a doubt; the text must be a configuration without problems.
    """
    before, _ = tree_of(text, "")
    if before is None:
        return None
    unix = text.replace("\r\n", "\n")
    is_dos = unix != text and unix.replace("\n", "\r\n") == text
    changed = _edited(unix if is_dos else text, place, pin)
    if changed is None:
        return None
    changed = changed.replace("\n", "\r\n") if is_dos else changed
    after, problems = tree_of(changed, "")
    is_right = not problems and after == _wanted(before, place, pin) and _comments(changed) == _comments(text)
    return changed if is_right else None


def _comments(text: str) -> list[str]:
    """All comments, each with the white space before it, and a line's end where it has a line to itself."""
    return re.findall(r"(?:\n|[ \t])[ \t]*#.*", f"\n{text}")


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


def _edited(text: str, place: PinPlace, pin: str) -> str | None:
    """The text with the smallest piece that holds the place's trust written anew; None where that cannot be done."""
    node: Any = yaml.compose(text, Loader=LOADER)
    for step in ("targets", place.target, *(() if place.member is None else ("also", place.member))):
        node = _inside(node, step)
    tls = _inside(node, "tls")
    piece = tls or node
    if piece is None:
        return None
    start = piece.start_mark.index
    end = start + len(text[start : piece.end_mark.index].rstrip())  # some marks lie behind the white space that follows
    column = piece.start_mark.column
    has_keys = isinstance(piece, yaml.MappingNode) and piece.value
    if not has_keys:  # an address alone, or a `tls` with nothing in it
        space = " " if start == end and text[start - 1 : start] == ":" else ""
        new: str | None = space + _new_piece(text[start:end], pin, is_tls=tls is not None)
    elif tls is not None or (place.member is not None and _inside(node, "pin")):
        new = _changed_piece(text[start:end], column, lambda data: _replace_trust(data, pin))
    else:
        is_member = place.member is not None
        new = _changed_piece(text[start:end], column, lambda data: _insert_trust(data, pin, is_member=is_member))
    return None if new is None else text[:start] + new + text[end:]


def _inside(node: Any, step: str | int) -> Any:
    """The node under a key, or at an index; None where there is none."""
    if isinstance(step, str) and isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
        return node.value[step]
    return None


def _round_trip() -> Any:
    from ruamel.yaml import YAML

    ruamel = YAML()
    ruamel.preserve_quotes = True
    ruamel.width = 1 << 30
    return ruamel


def _written(ruamel: Any, data: Any) -> str:
    stream = io.StringIO()
    ruamel.dump(data, stream)
    return stream.getvalue().rstrip("\n")


def _in_braces(keys: dict[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    data = CommentedMap(keys)
    data.fa.set_flow_style()
    return data


def _quoted(text: str) -> str:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    quoted: str = DoubleQuotedScalarString(text)
    return quoted


def _new_piece(piece: str, pin: str, *, is_tls: bool) -> str:
    """A member that is but an address gets keys, a `tls` that has none its first one."""
    ruamel = _round_trip()
    if is_tls:
        return _written(ruamel, _in_braces({"pin": _quoted(pin)}))
    address = ruamel.load(piece)
    if str(address).count(":") > 1:  # IPv6: in braces, not every reader takes it without quotes
        address = _quoted(address)
    return _written(ruamel, _in_braces({"address": address, "pin": _quoted(pin)}))


def _changed_piece(piece: str, column: int, change: Callable[[Any], None]) -> str | None:
    """A mapping that begins in a column of the text, with a change to its data. None if ruamel.yaml cannot make it."""
    from ruamel.yaml.error import YAMLError

    ruamel = _round_trip()
    try:
        data = ruamel.load(" " * column + piece)
        before = _written(ruamel, data)
        change(data)
        after = _written(ruamel, data)
    except (YAMLError, NotImplementedError):  # the latter for comments in places that ruamel.yaml does not foresee
        return None
    return _patched(piece, *(text.replace("\n", "\n" + " " * column) for text in (before, after)))


def _replace_trust(tls: Any, pin: str) -> None:
    """What is trusted so far gives its place, and the comment behind it, to the pin; else the pin comes first."""
    old = next((name for name in _MODES if tls.get(name) not in _NOT_GIVEN), None)
    at = 0 if old is None else list(tls).index(old)
    key = _key("pin", tls)
    comment = tls.ca.items.pop(old, None)
    tls.pop(old, None)
    tls.insert(at, key, _quoted(pin))
    if comment:
        tls.ca.items[key] = comment


def _insert_trust(entry: Any, pin: str, *, is_member: bool) -> None:
    """A key more, behind those that say who is asked, and before comments that stand above what follows them."""
    from ruamel.yaml.tokens import CommentToken

    key = _key("pin" if is_member else "tls", entry)
    value = _quoted(pin) if is_member else _in_braces({_key("pin", entry): _quoted(pin)})
    names = list(entry)
    last = max((at for at, name in enumerate(names) if name in _LOGIN), default=-1)
    entry.insert(last + 1, key, value)
    behind = entry.ca.items.get(names[last]) if last >= 0 else None
    if behind and behind[2]:  # one token holds the comment on the line and all that follows before the next key
        line, newline, more = behind[2].value.partition("\n")
        if more:
            behind[2].value = line + newline
            entry.ca.items[key] = [None, None, CommentToken(newline + more, behind[2].start_mark, None), None]


def _key(name: str, mapping: Any) -> str:
    """A key as the mapping's first one is written: a file that is JSON stays so."""
    first = next(iter(mapping), None)
    return _quoted(name) if type(first) is type(_quoted("")) else name


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _patched(piece: str, before: str, after: str) -> str | None:
    """The piece with the one difference of two texts applied to it; None where its place is in doubt."""
    before, after = (re.sub(" +#", " #", text) for text in (before, after))  # where comments stood is not to be moved
    start = _common(before, after)
    tail = _common(before[start:][::-1], after[start:][::-1])
    while tail < start and len(before) - tail == start and before[start - 1] == after[len(after) - tail - 1]:
        start, tail = start - 1, tail + 1  # what is only inserted stands as near as can be to what it follows
    end, new = len(before) - tail, after[start : len(after) - tail]
    # With as much of what stands before it, or behind it where nothing does, as it takes to find it once.
    around = [(at, end) for at in range(start, -1, -1)] if start else [(0, at) for at in range(end, len(before) + 1)]
    for first, last in around:
        if (count := piece.count(before[first:last])) <= 1:
            anchored = before[first:start] + new + before[end:last]
            return piece.replace(before[first:last], anchored) if count else None
    return None


class ConfigFile(NamedTuple):
    """A file of ours as it was read. `label` is how it was named; `path` what that leads to."""

    label: str
    path: Path
    data: bytes


def read_config(folder: Path, name: Path) -> ConfigFile | None:
    """The file as it is now, with links resolved; None if it cannot be read."""
    try:
        path = Path(os.path.realpath(folder / name))
        return ConfigFile(str(name), path, path.read_bytes())
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None


def rewrite(file: ConfigFile, data: bytes) -> None:
    """Put new bytes in the place of those that were read. UnavailableError, and nothing changed, if that cannot be.

    A reader finds all of the old or all of the new, meanwhile and after a crash.
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
    """A file in the same folder, with the other's owner and mode, so that it can take the other's place at once; on
    disk when this returns."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            old, new = path.stat(), os.fstat(descriptor)
            if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):  # first: it may take bits off the mode
                os.fchown(descriptor, old.st_uid, old.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def _sync_folder(folder: Path) -> None:
    """The new name on disk, too. Not every file system lets a folder be synced, and the file has its place already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
