"""The environment laid over the file.

The merge is our own, not pydantic-settings': that one stops at the first value that is no JSON, passes unknown
variables over, reads os.environ itself, and cannot say afterwards which variable a bad value came from.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_origin

from pydantic import BaseModel

from bot.errors import Problem
from bot.query.text import near
from bot.settings import NAMES_THE_FILE, PLATFORM, PREFIX, WEB_TOKEN, Sources
from bot.settings.file import DEEPEST, LONGEST_NUMBER, Tree
from bot.settings.model import Keys
from bot.settings.problems import Location, SettingOrigin, clean

_JSON = 'must be JSON, such as ["30d", "0d"] or {"every": "6h"}'


@dataclass(slots=True)
class Overlay:
    """The file's tree with the environment over it; where each value of the environment stands; what was wrong."""

    tree: Tree
    origins: dict[Location, SettingOrigin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def lay(self, variable: str, path: tuple[str, ...], value: Any) -> None:
        """Put a value in place of the file's. A whole section replaces only the keys that it names."""
        for at, part in _parts(path, value):
            if len(at) == 1:
                self.tree[at[0]] = part
            elif not self._lay_key(at[0], at[1], part):
                continue
            self.origins[at] = SettingOrigin(variable, len(path))

    def _lay_key(self, section: str, key: str, value: Any) -> bool:
        """False where the file has something that is no section: that is the problem to tell."""
        keys = self.tree.get(section)
        if keys is not None and not isinstance(keys, dict):
            return False
        self.tree[section] = {**(keys or {}), key: value}
        return True


def _parts(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(path) == 1 and isinstance(value, dict):
        yield from (((path[0], key), part) for key, part in value.items())
    else:
        yield path, value


def variables() -> dict[str, tuple[str, ...]]:
    """Every variable of ours that is a key, with the way to that key: XOCOMPAT_SWEEP, XOCOMPAT_SWEEP__EVERY..."""
    found: dict[str, tuple[str, ...]] = {}
    for name, info in Keys.model_fields.items():
        found[PREFIX + name.upper()] = (name,)
        section = info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found |= {f"{PREFIX}{name}__{key}".upper(): (name, key) for key in section.model_fields}
    return found


def lay_over(tree: Tree, sources: Sources) -> Overlay:
    """The tree with the variables over it. Ours win over the platform's, and a key's own over its section's."""
    overlay = Overlay(dict(tree))
    for name, text in sources.platform.items():
        overlay.lay(name, PLATFORM[name], text)
    for name, path in variables().items():
        if name not in sources.own:
            continue
        try:
            overlay.lay(name, path, _value(path, sources.own[name]))
        except ValueError as error:
            overlay.problems.append(Problem(name, "", str(error)))
    return overlay


def _is_json(path: tuple[str, ...]) -> bool:
    """Whether a variable holds a section or a list."""
    annotation: Any = Keys
    for step in path:
        annotation = annotation.model_fields[step].annotation
    return get_origin(annotation) is tuple or (isinstance(annotation, type) and issubclass(annotation, BaseModel))


def _value(path: tuple[str, ...], text: str) -> Any:
    """The text itself, or for a section or a list the JSON that it holds; ValueError says what is wrong with that."""
    if not _is_json(path):
        return text
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_int=_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"{_JSON} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if _deeper(value, DEEPEST):
        raise ValueError("is nested too deep")
    return value


def _deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper(item, levels - 1) for item in inner)


def _number(text: str) -> int | str:
    return int(text) if len(text) <= LONGEST_NUMBER else text


def _once(pairs: list[tuple[str, Any]]) -> Tree:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("holds a key twice: take one out")
    return dict(pairs)


def unknown(trees: Iterable[Mapping[str, Any]], sources: Sources) -> list[Problem]:
    """Variables with our prefix that are no key, and that no tree names as the place of a secret."""
    known = variables()
    candidates = {name.removeprefix(PREFIX): name for name in (*known, *PLATFORM, NAMES_THE_FILE)}
    strange = sources.own.keys() - known.keys() - {WEB_TOKEN} - {name for tree in trees for name in _named(tree)}
    return [Problem(clean(name, 80), "", _unknown(name, candidates)) for name in sorted(strange)]


def _unknown(name: str, candidates: Mapping[str, str]) -> str:
    nearest = near(name.removeprefix(PREFIX), candidates, 1)
    meant = f"did you mean {candidates[nearest[0]]}?" if nearest else "keys of the file are allowed, as XOCOMPAT_<KEY>"
    return f"unknown variable: {meant}"


def _named(tree: Mapping[str, Any]) -> Iterator[str]:
    """What password_env and token_env name, as far as the tree has the right shape."""
    for name in ("targets", "xen_orchestra", "web"):
        section = tree.get(name)
        for entry in section if isinstance(section, list) else [section]:
            if isinstance(entry, dict):
                yield from (str(entry[key]) for key in ("password_env", "token_env") if key in entry)
