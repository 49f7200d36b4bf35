"""From the file and the environment to Settings, or to the list of everything that is wrong with them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ConfigError, Problem
from bot.settings import Sources
from bot.settings.environment import Overlay, lay_over, unknown
from bot.settings.file import Tree, read_file
from bot.settings.model import Keys, Settings
from bot.settings.problems import ADVICE, Location, ProblemWording, clean, dotted, everything

MOST_TOLD = 100
"""Lines of problems before the rest is only counted."""


def load(sources: Sources) -> Settings:
    """All settings. ConfigError lists every problem: those of the file in its order, then those of the environment."""
    label = clean(str(sources.file or "configuration"), 200)
    tree, problems = _from_file(sources, label)
    overlay = lay_over(tree or {}, sources)
    settings, found = _validated(overlay, label, _folder(sources))
    problems += [*found, *overlay.problems]
    # A file that cannot be read may well name the variables that seem unknown now.
    problems += unknown((tree, overlay.tree), sources) if tree is not None else []
    if settings is None or problems:
        raise ConfigError(_bounded(problems, label))
    return settings


def _from_file(sources: Sources, label: str) -> tuple[Tree | None, list[Problem]]:
    if sources.file is None:
        return {}, []
    tree, problems = read_file(sources.cwd / sources.file, label, sources.named_by)
    for key in sorted(Settings.model_fields.keys() - Keys.model_fields.keys()):
        if tree and key in tree:
            del tree[key]
            problems.append(Problem(label, key, ADVICE[key]))
    return tree, problems


def _folder(sources: Sources) -> Path:
    return (sources.cwd / sources.file).parent if sources.file else sources.cwd


def _validated(overlay: Overlay, label: str, folder: Path) -> tuple[Settings | None, list[Problem]]:
    broken: list[tuple[object, str]] = []
    settings, errors = _read(overlay.tree, {"folder": folder, "broken": broken})
    places = {id(value): at for at, value in everything(overlay.tree)} if broken else {}
    more = [*((places[id(given)], what) for given, what in broken), *_repeated(overlay.tree)]
    if not errors and not more:
        return settings, []
    return settings, ProblemWording(label, overlay.tree, overlay.origins).problems(errors, more)


def _read(tree: Tree, context: dict[str, object]) -> tuple[Settings | None, list[ErrorDetails]]:
    try:
        return Settings.model_validate(tree, context=context), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _repeated(tree: Tree) -> Iterator[tuple[Location, str]]:
    """Names that stand twice, among targets and Xen Orchestras together, whatever their case: people type them."""
    first: dict[str, Location] = {}
    for section in ("targets", "xen_orchestra"):
        for at, name in _names(tree.get(section)):
            here: Location = (section, at)
            if (other := first.setdefault(name.casefold(), here)) != here:
                yield (*here, "name"), f"is the name of {dotted(other)} already: names are unique"


def _names(entries: Any) -> Iterator[tuple[int, str]]:
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield at, entry["name"].strip()


def _bounded(problems: Iterable[Problem], label: str) -> list[Problem]:
    told = list(problems)
    more = len(told) - MOST_TOLD
    return told if more <= 0 else [*told[:MOST_TOLD], Problem(label, "", f"has {more} more problems")]
