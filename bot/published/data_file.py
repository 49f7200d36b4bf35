"""The list in use in the format of data/, for a maintainer to review and to ship."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import yaml

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import ListRow, Support, SupportLevel

Raw = dict[str, Any]

WIDTH = 120
"""A row that is longer has a line for each field."""

_ROWS = "\nrows:\n"
_FIRST = "  - "
_READ_ON = re.compile(r"^read_on: .*$", re.MULTILINE)
_HEAD = """\
---
# For data/releases.yaml, each beside its product's others, newest first. Dates are yours to find, with their sources.
releases:
"""


class _Quoted(str):
    """A number that must not be read as one: "9.10" is not 9.1."""

    __slots__ = ()


class _InLine(list[Any]):
    """What stands in one line, whatever it holds."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
_Dumper.add_representer(
    _InLine, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)


def list_file(text: str, shipped: Matrix, in_use: Matrix) -> str:
    """data/list.yaml as it would be with the list in use, then what data/releases.yaml lacks, as a document of its own.

    `text` is the shipped file and `shipped` what is known by it. A row that is still the same stands as it is there,
    with its comments, so that a diff shows what is new and nothing else.
    """
    head, _, rest = text.partition(_ROWS)
    source = yaml.safe_load(head)["source"]
    before = {(row.product, row.releases): row for row in _rows(rest)}
    rows = ""
    for row in in_use.published.rows:
        old = before.get((row.product, tuple(release.number for release in row.releases)))
        if old and old.content == (row.support, row.title, row.extra_features_until):
            rows += old.text
        else:
            rows += row_text(row, old.sources if old else [source])
    new = [release for release in in_use.releases if shipped.release(release.product, release.number) is None]
    releases = _HEAD + "\n".join(map(_entry, new)) if new else ""
    return _READ_ON.sub(f"read_on: {in_use.published.read_on}", head) + _ROWS + rows + releases


class _Row(NamedTuple):
    """A row of the file: its lines with the comments before it, and what is in them."""

    text: str
    product: Product
    releases: tuple[str, ...]
    content: tuple[Support, str | None, date | None]
    sources: list[str]


def _rows(text: str) -> Iterator[_Row]:
    comments = lines = ""
    for line in (*text.splitlines(keepends=True), _FIRST):
        begins = line.startswith(_FIRST)
        if lines and (begins or line.lstrip().startswith("#")):
            raw: Raw = yaml.safe_load(lines)[0]
            level = SupportLevel(raw["support"])
            support = Support(level, raw.get("official", True), raw.get("extra_features", False))
            releases = tuple(raw["releases"])
            content = (support, raw.get("label"), raw.get("extra_features_until"))
            yield _Row(comments + lines, Product(raw["product"]), releases, content, raw["sources"])
            comments = lines = ""
        if begins or lines:
            lines += line
        else:
            comments += line


def row_text(row: ListRow, sources: list[str]) -> str:
    """A row in the format of data/list.yaml."""
    raw: Raw = {"product": row.product.value, "releases": _InLine(_Quoted(release.number) for release in row.releases)}
    raw |= {"label": row.title} if row.title else {}
    raw["support"] = row.support.level.value
    raw |= {} if row.support.official else {"official": False}
    raw |= {"extra_features": True} if row.support.extra_features else {}
    raw |= {"extra_features_until": row.extra_features_until} if row.extra_features_until else {}
    raw["sources"] = sources
    line = f"{_FIRST}{_dumped(raw, True)}"
    return line if len(line.rstrip()) <= WIDTH else _indented(_dumped(raw, None))


def _entry(release: Release) -> str:
    """A release of which nothing but its row is known, in the format of data/releases.yaml."""
    unknown: Raw = {"day": None, "confidence": None, "sources": []}
    life = "".join(f"  {name}: {_dumped(unknown, True)}" for name in ("released", "maintenance_ends", "eol"))
    named = {"product": release.product.value, "release": _Quoted(release.number), "name": release.base_name}
    rest: Raw = {"aliases": _InLine(map(_Quoted, release.aliases))} if release.aliases else {}
    rest |= {"note": release.note} if release.note else {}
    return _indented(f"{_dumped(named, None)}lifecycle:\n{life}{_dumped(rest, None) if rest else ''}")


def _indented(text: str) -> str:
    first, *more = text.splitlines()
    return f"{_FIRST}{first}\n" + "".join(f"    {line}\n" for line in more)


def _dumped(raw: Raw, flow: bool | None) -> str:
    """YAML in one line (`flow`), or with a line for each field."""
    text: str = yaml.dump(
        raw, Dumper=_Dumper, default_flow_style=flow, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text
