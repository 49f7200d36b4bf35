"""What machines say of themselves, as people paste it: a host's record, the name of a package, a hotfix or a build.

Each is one host or one release. A record's brand and version decide; its other fields are no words of a question.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from bot.text import Span

_KEY = re.compile(
    r"""(?<![\w.])["']?(?P<key>[A-Za-z][\w-]{1,40})["']?\ *(?:\([\ A-Z]{2,4}\))?\ *[:=](?=[\s"'\w\[{(<]|$)""",
    re.VERBOSE,
)
_VALUE = re.compile(r"""[ \t]*(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<plain>[^;,\n{}\[\]"']*))""")
_ROLES = {
    "product_version": "version",
    "productversion": "version",
    "product_brand": "brand",
    "productbrand": "brand",
    "is_preview_release": "preview",
    "ispreviewrelease": "preview",
}
_DUMP = re.compile(r"^[ \t]*[\w-]+ \([ A-Z]{2,4}\) *:.*$", re.MULTILINE)
"""A line of `xe host-list`."""
_BETWEEN_FIELDS = re.compile(r"""[\s;,(){}\[\]"'`]*""")

_PACKAGE = re.compile(
    r"(?<![\w.])[\w.+~^-]{0,120}\.(?:xcpng(?P<xcp>\d\.\d)|xs(?P<xs>\d{1,2}))(?!\d)[\w.]*", re.IGNORECASE
)
_BUILD = re.compile(r"\brelease/(?P<codename>[a-z][a-z_-]+)(?:/[\w.-]+)*", re.IGNORECASE)
_HOTFIX = re.compile(
    r"\bXS(?P<number>\d{2,3})E(?P<level>(?:CU|SP|FP)\d)?\d{3,4}[A-Z]?(?![^\W_])(?:\.(?:iso|zip))?", re.IGNORECASE
)
_HINT = re.compile(r"product|\.xcpng|\.xs\d|release/|xs\d{2,3}e", re.IGNORECASE)


class Record(NamedTuple):
    """What a machine said: a brand with a version, or a codename; and the places in the text that it stands at."""

    places: tuple[Span, ...]
    brand: str = ""
    version: str = ""
    is_preview: bool = False
    codename: str = ""


class _Field(NamedTuple):
    role: str
    value: str
    place: Span


def records(text: str) -> list[Record]:
    """The records in a text, in their order."""
    if not _HINT.search(text):
        return []
    found = [*_hosts(text)]
    taken = [place for record in found for place in record.places]
    for pattern in (_PACKAGE, _BUILD, _HOTFIX):
        free = (m for m in pattern.finditer(text) if not any(start <= m.start() < end for start, end in taken))
        found += map(_named, free)
    return sorted(found, key=lambda record: record.places)


def _named(match: re.Match[str]) -> Record:
    """A release by the name of a package (`….xcpng8.3`), a build (`release/yangtze/…`) or a hotfix (`XS82ECU1056`)."""
    said = match.groupdict()
    if codename := said.get("codename"):
        return Record((match.span(),), codename=codename.lower().replace("-", " ").replace("_", " "))
    if said.get("xcp"):
        return Record((match.span(),), "XCP-ng", said["xcp"])
    level = f" {said['level'].upper()}" if said.get("level") else ""
    return Record((match.span(),), "XenServer", ".".join(said.get("number") or said["xs"]) + level)


def _hosts(text: str) -> Iterator[Record]:
    """Hosts by their fields. A field that comes again begins another host; the first takes all other fields along."""
    fields = [*_fields(text)]
    said: list[dict[str, str]] = [{}]
    for field in fields:
        if field.role:
            if field.role in said[-1]:
                said.append({})
            said[-1][field.role] = field.value
    places = _extent(text, fields)
    for host in said:
        if host.get("version") and places:
            is_preview = host.get("preview", "").lower() == "true"
            yield Record(tuple(places), host.get("brand", ""), host["version"], is_preview)
            places = [(places[-1][1], places[-1][1])]


def _fields(text: str) -> Iterator[_Field]:
    keys = [*_KEY.finditer(text)]
    names = [key["key"].lower().replace("-", "_") for key in keys]
    roles = {**_ROLES, "version": "version"} if "productbrand" in names and "product_version" not in names else _ROLES
    for key, name, behind in zip_longest(keys, names, keys[1:]):
        value = _VALUE.match(text, key.end())
        end = min(value.end() if value else key.end(), behind.start() if behind else len(text))
        said = next((part for part in value.groups() if part is not None), "") if value else ""
        yield _Field(roles.get(name, ""), said[: max(end - key.end(), 0)].strip(), (key.start(), end))


def _extent(text: str, fields: Sequence[_Field]) -> list[Span]:
    """All that belongs to records: the lines of a dump, an object in braces, else fields side by side."""
    opens, closes = text.find("{"), text.rfind("}")
    regions = [(opens, closes + 1)] if 0 <= opens < closes else []
    if lines := [*_DUMP.finditer(text)]:
        regions.append((lines[0].start(), lines[-1].end()))
    for field in fields:
        if (
            regions
            and _BETWEEN_FIELDS.fullmatch(text[regions[-1][1] : field.place[0]])
            and regions[-1][0] <= field.place[0]
        ):
            regions[-1] = (regions[-1][0], max(regions[-1][1], field.place[1]))
        else:
            regions.append(field.place)
    told = [field.place[0] for field in fields if field.role == "version"]
    return sorted(region for region in regions if any(region[0] <= at < region[1] for at in told))
