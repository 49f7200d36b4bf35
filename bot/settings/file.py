"""The configuration file as plain values: bounded, and without what YAML lets a reader overlook."""

import re
from collections.abc import Iterator
from pathlib import Path
from sys import intern
from typing import Any

import yaml

from bot.errors import Problem
from bot.settings.problems import Location, dotted

Tree = dict[str, Any]

LARGEST = 4 * 1024 * 1024
"""Bytes; ten thousand targets take two million."""

DEEPEST = 16
"""More than twice what any key needs; the loaders recurse, so that far deeper nesting would end the process."""

LONGEST_NUMBER = 40
"""Characters; Python refuses to write out numbers of thousands of digits."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_TYPED = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float")}


def read_file(path: Path, label: str, named_by: str) -> tuple[Tree | None, list[Problem]]:
    """The file's keys, and what is wrong with its form. None: nothing of it can be used. An empty file has no keys."""
    text = what = ""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            what = "is larger than 4 MiB"
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 (at byte {error.start + 1}): save it as UTF-8"
    except FileNotFoundError:
        what = f"there is no such file{f' ({named_by} names it)' if named_by else ''}"
    except IsADirectoryError:
        what = "is a directory: name a file"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        what = f"cannot be read: {getattr(error, 'strerror', None) or 'this is no name of a file'}"
    return (None, [Problem(label, "", what)]) if what else tree_of(text, label)


def tree_of(text: str, label: str) -> tuple[Tree | None, list[Problem]]:
    """As `read_file`, for the file's text."""
    try:
        if refused := [Problem(label, "", what) for what in _refused(text)]:
            return None, refused
        plain = _Plain(label, text)
        tree = plain.document()
    except yaml.YAMLError as error:
        return None, [Problem(label, "", _not_yaml(error))]
    if tree is None or isinstance(tree, dict):
        return tree or {}, plain.problems
    return None, [Problem(label, "", "must hold keys, such as `database: sqlite:///xocompat.db`")]


def _refused(text: str) -> Iterator[str]:
    """What YAML has and no configuration needs: readers miss it, and a few lines of it can fill the memory."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += _deeper(event)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if getattr(event, "anchor", None):
            yield f"anchors and aliases (& and *) are not allowed: write it out{_where(event.start_mark)}"
        if getattr(event, "tag", None):
            yield f"tags (!) are not allowed: put the value in quotes{_where(event.start_mark)}"
        if depth > DEEPEST or documents > 1:
            yield f"{'is nested too deep' if depth > DEEPEST else 'holds a second document'}{_where(event.start_mark)}"
            return


def _where(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})"


def _not_yaml(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):  # a ReaderError: it knows a position, and no line
        return "is not YAML: it has control characters"
    # The pure Python loader quotes pieces of the text, which may be a secret; signs of the syntax stay.
    if "nesting depth" in str(error.problem):  # libyaml's own bound, which it meets while it reads ahead of us
        return f"is nested too deep{_where(error.problem_mark)}"
    problem = re.sub("'[^']*'", lambda piece: "this" if re.search(r"\w", piece[0]) else piece[0], error.problem or "")
    hint = ' (a star alone stands in quotes: "*")' if "alias" in (error.context or "") else ""
    return f"is not YAML: {problem}{hint}{_where(error.problem_mark)}"


class _Plain:
    """From YAML's events to plain values, collecting keys that stand twice: yaml.load would take the last, silently.

    Its nodes would be several times as large as the values: too much for an inventory of thousands.
    """

    def __init__(self, label: str, text: str) -> None:
        self._label = label
        self._events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
        self.problems: list[Problem] = []

    def document(self) -> Any:
        """The first one's value; None where there is none."""
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                return self._value(event, ())
        return None

    def _value(self, event: yaml.Event, at: Location) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(at)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(at)
        assert isinstance(event, yaml.ScalarEvent)  # aliases are refused before
        return _scalar(event)

    def _sequence(self, at: Location) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*at, len(items))))
        return items

    def _mapping(self, at: Location) -> Tree:
        tree: Tree = {}
        lines: dict[str, int] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarEvent):
                self._skip(key)
                self._skip(next(self._events))
                self.problems.append(Problem(self._label, dotted(at), f"a key must be text (line {line})"))
            elif key.value in tree:
                self._skip(next(self._events))
                what = f"stands twice, in lines {lines[key.value]} and {line}: take one out"
                self.problems.append(Problem(self._label, dotted((*at, key.value)), what))
            else:
                name = intern(key.value)
                tree[name], lines[name] = self._value(next(self._events), (*at, name)), line
        return tree

    def _skip(self, event: yaml.Event) -> None:
        """Skip what begins with an event, to its end."""
        depth = _deeper(event)
        while depth:
            depth += _deeper(next(self._events))


def _deeper(event: yaml.Event) -> int:
    return isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Null, yes and no, and numbers; all else is text, also what YAML 1.1 would make a date or a number to base 60."""
    text: str = event.value
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, event.implicit)
    if tag not in _TYPED or ":" in text or len(text) > LONGEST_NUMBER:
        return text
    try:
        return yaml.constructor.SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except ValueError:  # 0x_ looks like a number to YAML, and is none
        return text
