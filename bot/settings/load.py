"""From the file, with the environment over it, to Settings, or to the list of everything that is wrong with them.

The merge is our own, not pydantic-settings': that one stops at the first value that is no JSON, ignores unknown
variables, reads os.environ itself, and cannot say afterwards which variable a bad value came from.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ConfigError, Problem
from bot.settings.file import DEEPEST, LONGEST_NUMBER, Tree, read_file
from bot.settings.model import Keys, Settings, SlackKeys, SlackSettings
from bot.settings.notifiers import notifier_problems
from bot.settings.problems import ADVICE, Location, ProblemWording, SettingOrigin, clean, dotted, everything
from bot.settings.secret_values import is_quoted, password_doubts
from bot.settings.source import NAMES_THE_FILE, PLATFORM, PREFIX, SECRETS, Sources
from bot.text import near

MOST_PROBLEMS = 100
"""Lines of problems before the rest is only counted."""

_QUOTED = "has quotes around its value: take them out, as only a shell does that by itself"
_OF_SLACK = frozenset(name for name in PLATFORM if name.startswith("SLACK_") and name != "SLACK_API_URL")
"""Secrets of Slack's: what is wrong with one is said where it is needed."""

_JSON = 'must be JSON, such as ["30d", "0d"] or {"every": "6h"}'


def load(sources: Sources) -> Settings:
    """All settings. ConfigError lists every problem: those of the file in its order, then those of the environment."""
    label = clean(str(sources.file or "configuration"), 200)
    tree, problems = _from_file(sources, label)
    overlay = lay_over(tree or {}, sources)
    folder = Path(sources.cwd, sources.file).parent if sources.file else Path(sources.cwd)
    settings, found = _validated(overlay, label, folder)
    problems += [*found, *overlay.problems]
    # A file that cannot be read may well name the variables that seem unknown now.
    problems += _unknown_variables((tree, overlay.tree), sources) if tree is not None else []
    if settings is not None and not problems:
        return settings
    if (more := len(problems) - MOST_PROBLEMS) > 0:
        problems = [*problems[:MOST_PROBLEMS], Problem(label, "", f"has {more} more problems")]
    raise ConfigError(problems)


def _from_file(sources: Sources, label: str) -> tuple[Tree | None, list[Problem]]:
    """The file's keys without those that only the environment may set; None if nothing of it can be used."""
    if sources.file is None:
        return {}, []
    if sources.named_by == NAMES_THE_FILE and is_quoted(str(sources.file)):
        return None, [Problem(NAMES_THE_FILE, "", _QUOTED)]
    tree, problems = read_file(Path(sources.cwd, sources.file), label, sources.named_by)
    for key in sorted(Settings.model_fields.keys() - Keys.model_fields.keys()):
        if tree and key in tree:
            del tree[key]
            problems.append(Problem(label, key, ADVICE[key]))
    slack = tree.get("slack") if tree else None
    for key in sorted(SlackSettings.model_fields.keys() - SlackKeys.model_fields.keys()):
        if isinstance(slack, dict) and key in slack:
            del slack[key]
            problems.append(Problem(label, f"slack.{key}", ADVICE["slack"]))
    return tree, problems


@dataclass(slots=True)
class Overlay:
    """The file's tree with the environment over it; which value came from which variable; what was wrong."""

    tree: Tree
    origins: dict[Location, SettingOrigin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def lay(self, variable: str, path: tuple[str, ...], value: Any) -> None:
        """Put a value in place of the file's. A whole section replaces only the keys that it names."""
        is_section = len(path) == 1 and isinstance(value, dict)
        parts = [((path[0], key), part) for key, part in value.items()] if is_section else [(path, value)]
        for at, part in parts:
            if len(at) == 1:
                self.tree[at[0]] = part
            else:
                keys = self.tree.get(at[0])
                if keys is not None and not isinstance(keys, dict):
                    continue  # the file has something that is no section: that is the problem to report
                self.tree[at[0]] = {**(keys or {}), at[1]: part}
            self.origins[at] = SettingOrigin(variable, len(path))


def lay_over(tree: Tree, sources: Sources) -> Overlay:
    """The tree with the variables over it. Ours win over the platform's, and a key's own over its section's."""
    overlay = Overlay(dict(tree))
    for name, text in sources.platform.items():
        if name not in _OF_SLACK and (wrong := _set_wrongly(name, text)):
            overlay.problems.append(Problem(name, "", wrong))
        else:
            overlay.lay(name, PLATFORM[name], text)
    for name, path in {**variables(), **dict.fromkeys(SECRETS, ())}.items():
        if name not in sources.own:
            continue
        if wrong := _set_wrongly(name, sources.own[name]):
            overlay.problems.append(Problem(name, "", wrong))
            continue
        if not path:
            continue
        try:
            overlay.lay(name, path, _value(path, sources.own[name]))
        except ValueError as error:
            overlay.problems.append(Problem(name, "", str(error)))
    return overlay


def _set_wrongly(name: str, text: str) -> str | None:
    """What of a variable's value can be no part of it, however it was set; None where all can be."""
    if is_quoted(text):
        return _QUOTED
    return next((f"{each.what}: {each.mend}" for each in password_doubts(name, text)), None)


def variables() -> dict[str, tuple[str, ...]]:
    """Every variable of ours that is a key, with the path to that key: XOCOMPAT_SWEEP, XOCOMPAT_SWEEP__EVERY..."""
    found: dict[str, tuple[str, ...]] = {}
    for name, info in Keys.model_fields.items():
        found[PREFIX + name.upper()] = (name,)
        section = info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found |= {f"{PREFIX}{name}__{key}".upper(): (name, key) for key in section.model_fields}
    return found


def _value(path: tuple[str, ...], text: str) -> Any:
    """The text itself, or for a section or a list the JSON that it holds; ValueError says what is wrong with that."""
    annotation: Any = Keys
    for step in path:
        annotation = annotation.model_fields[step].annotation
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    if not is_section and get_origin(annotation) is not tuple:
        return text

    def once(pairs: list[tuple[str, Any]]) -> Tree:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("holds a key twice: take one out")
        return dict(pairs)

    try:
        value = json.loads(
            text,
            object_pairs_hook=once,
            parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else digits,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{_JSON} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if _is_deeper(value, DEEPEST):
        raise ValueError("is nested too deep")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _validated(overlay: Overlay, label: str, folder: Path) -> tuple[Settings | None, list[Problem]]:
    """The settings of a tree, or everything that is wrong with it."""
    broken: list[tuple[object, str]] = []
    settings: Settings | None = None
    errors: list[ErrorDetails] = []
    try:
        settings = Settings.model_validate(overlay.tree, context={"folder": folder, "broken": broken})
    except ValidationError as error:
        errors = error.errors(include_url=False)
    places = {id(value): at for at, value in everything(overlay.tree)} if broken else {}
    more = [*((places[id(given)], what) for given, what in broken), *_repeated(overlay.tree)]
    more += notifier_problems(overlay.tree)
    if not errors and not more:
        return settings, []
    return settings, ProblemWording(label, overlay.tree, overlay.origins).problems(errors, more)


def _repeated(tree: Tree) -> Iterator[tuple[Location, str]]:
    """Names that stand twice, among targets and Xen Orchestras together, whatever their case: people type them."""
    first: dict[str, Location] = {}
    for section in ("targets", "xen_orchestra"):
        entries = tree.get(section)
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                here: Location = (section, at)
                if (other := first.setdefault(entry["name"].strip().casefold(), here)) != here:
                    yield (*here, "name"), f"is the name of {dotted(other)} already: names are unique"


def _unknown_variables(trees: Iterable[Mapping[str, Any]], sources: Sources) -> list[Problem]:
    """Variables with our prefix that are no key, and that no tree names as the place of a secret."""
    known = variables()
    candidates = {name.removeprefix(PREFIX): name for name in (*known, *PLATFORM, NAMES_THE_FILE)}
    strange = sources.own.keys() - known.keys() - SECRETS
    if strange or sources.misnamed:
        named = {name for tree in (*trees, Keys().model_dump()) for name in _named(tree)}
        strange -= named
    problems: list[Problem] = []
    for name, meant in sources.misnamed.items():
        if meant.startswith(PREFIX) or meant in PLATFORM or meant in named:
            problems.append(Problem(clean(name), "", f"is no variable's name: write {meant} alone before the ="))
    for name in sorted(strange):
        nearest = near(name.removeprefix(PREFIX), candidates, 1)
        what = (
            f"did you mean {candidates[nearest[0]]}?" if nearest else "keys of the file are allowed, as XOCOMPAT_<KEY>"
        )
        problems.append(Problem(clean(name, 80), "", f"unknown variable: {what}"))
    return problems


def _named(tree: Mapping[str, Any]) -> Iterator[str]:
    """What keys such as password_env and token_env name, wherever they stand."""
    for at, value in everything(tree):
        if at and str(at[-1]).endswith("_env") and isinstance(value, str):
            yield value.strip()
