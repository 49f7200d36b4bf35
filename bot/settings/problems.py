"""How problems are worded: where, what is wrong, what is allowed. No secret is repeated, and no control character."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.errors import Problem
from bot.settings.model import Keys
from bot.settings.section import listed
from bot.text import near

Location = tuple[str | int, ...]

_SECRET = re.compile(r"pass(?:word)?|token|secret|database", re.IGNORECASE)
_CREDENTIAL = re.compile(r"@|\bxox|xapp-|[?&]")
"""In a value: a user's part of an address, a query, or a token of Slack's that stands in the wrong place."""

ADVICE = {
    "password": "a password never stands in the file: use password_env or password_file",
    "token": "a token never stands in the file: use token_env",
    "slack": "comes from the environment alone: SLACK_BOT_TOKEN and the like",
    "port": "comes from the environment alone: PORT",
}


def clean(text: str, most: int = 40) -> str:
    """Text of others for one line: printable, and no longer than `most` characters."""
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= most else f"{printable[: most - 1]}…"


def dotted(at: Location) -> str:
    """A location as people write it: targets[0].tls.pin.

    `password=…` typed for `password: …` is one key to YAML, so what follows the word is left out.
    """
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif (found := _SECRET.search(step)) and not re.fullmatch(r"[\w.-]*", step):
            text += f".{clean(step[: found.end()])}…"
        else:
            text += f".{clean(step)}"
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """The variable that a value came from, and how many steps of the location its name stands for."""

    variable: str
    steps: int


@dataclass(frozen=True, slots=True)
class ProblemWording:
    """Turns pydantic's errors about a tree into problems, each at the file or at the variable that it came from."""

    label: str
    tree: Mapping[str, Any]
    origins: Mapping[Location, SettingOrigin]

    def problems(self, errors: Iterable[ErrorDetails], more: Iterable[tuple[Location, str]]) -> list[Problem]:
        """Errors, and what else was found at a location, each once; in the file's order, then what variables gave."""
        every = dict.fromkeys([*((self._given(error["loc"]), self._what(error)) for error in errors), *more])
        order = {at: number for number, (at, _) in enumerate(everything(self.tree))}

        def place(found: tuple[Location, str]) -> tuple[bool, list[int]]:
            at = found[0]  # what is missing comes after what is there
            steps = [order.get(at[: length + 1], sys.maxsize) for length in range(len(at))]
            return self._origin(at) is not None, steps

        found: list[Problem] = []
        for at, what in sorted(every, key=place):
            origin = self._origin(at)
            where = (origin.variable, dotted(at[origin.steps :])) if origin else (self.label, dotted(at))
            found.append(Problem(*where, what))
        return found

    def _origin(self, at: Location) -> SettingOrigin | None:
        starts = (at[:length] for length in range(len(at), 0, -1))
        return next((self.origins[start] for start in starts if start in self.origins), None)

    def _given(self, at: Location) -> Location:
        """A location as it was written: `also: [HOST]` is read as `also: [{address: HOST}]`."""
        here: Any = self.tree
        for depth, step in enumerate(at):
            if isinstance(here, dict):
                here = here.get(step, {})  # what is missing is as good as an empty section
            elif isinstance(here, list):
                here = here[step] if isinstance(step, int) and step < len(here) else {}
            else:
                return at[:depth]
        return at

    def _what(self, error: ErrorDetails) -> str:
        at, kind = error["loc"], error["type"]
        section = section_at(at[:-1])
        if kind == "extra_forbidden":
            return _unknown(str(at[-1]), keys_of(section))
        if kind == "missing":
            needed = [field.alias or name for name, field in section.model_fields.items() if field.is_required()]
            return f"is missing: {listed(needed)} must be given"
        if kind in ("model_type", "model_attributes_type", "dict_type"):
            return f"must have keys of its own: {listed(keys_of(section_at(at)))}"
        if kind == "tuple_type":
            return "must be a list"
        return f"{_allowed(error)}{self._shown(error)}"

    def _shown(self, error: ErrorDetails) -> str:
        """The value, where it is short and cannot be a secret."""
        value, at = error["input"], error["loc"]
        origin = self._origin(at)
        names = [origin.variable if origin else "", *(step for step in at if isinstance(step, str))]
        if any(map(_SECRET.search, names)) or (at[0], at[-1]) == ("notify", "url"):
            return ""
        if isinstance(value, bool):
            return f", not {'yes' if value else 'no'}"
        if isinstance(value, (int, float)):
            return f", not {clean(str(value))}"
        return f', not "{clean(value)}"' if isinstance(value, str) and value and not _CREDENTIAL.search(value) else ""


def everything(value: Any, at: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Every value of a tree with its location, in the order of the file."""
    yield at, value
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, part in inner:
        yield from everything(part, (*at, step))


def keys_of(section: type[BaseModel]) -> list[str]:
    """A section's keys, as a file has them."""
    return [field.alias or name for name, field in section.model_fields.items()]


def section_at(at: Location) -> type[BaseModel]:
    """The model that holds the keys at a location of the file; the whole file's where there is none."""
    section: type[BaseModel] = Keys
    for step in at:
        if isinstance(step, str) and step in section.model_fields:
            section = _section_in(section.model_fields[step].annotation) or section
    return section


def _section_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)


def _unknown(name: str, keys: list[str]) -> str:
    advised = re.sub(r"^pass(wd|word|phrase|wort)?$", "password", name.casefold())
    if advised in ADVICE and (advised not in ("password", "token") or f"{advised}_env" in keys):
        return ADVICE[advised]
    nearest = near(name, keys, 1)
    meant = f", did you mean {nearest[0]}?" if nearest else "."
    return f"unknown key{meant} Allowed here: {', '.join(keys)}"


def _allowed(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        names = re.findall("'([^']*)'", context["expected"])
        return f"must be one of {', '.join(names)}"
    if kind.startswith("bool"):
        return "must be true or false"
    return f"is not allowed: {error['msg']}"
