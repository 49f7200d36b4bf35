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
_ROLES = {"productversion": "version", "productbrand": "brand", "ispreviewrelease": "preview"}
"""What fields say, as XAPI and Xen Orchestra write them: `product_version`, `productBrand`."""
_DUMP = re.compile(r"^[ \t]*[\w-]+ \([ A-Z]{2,4}\) *:.*$", re.MULTILINE)
"""A line of `xe host-list`."""
_BETWEEN_FIELDS = re.compile(r"""[\s;,(){}\[\]"'`]*""")

_NAMED = re.compile(
    r"(?<![\w.])[\w.+~^-]{0,120}\.(?:xcpng(?P<xcp>\d\.\d)|xs(?P<xs>\d{1,2}))(?!\d)[\w.]*"
    r"|\brelease/(?P<codename>[a-z][a-z_-]+)(?:/[\w.-]+)*"
    r"|\bXS(?P<number>\d{2,3})E(?P<level>(?:CU|SP|FP)\d)?\d{3,4}[A-Z]?(?![^\W_])(?:\.(?:iso|zip))?",
    re.IGNORECASE,
)
"""The name of a package (`….xcpng8.3`), a build (`release/yangtze/…`) or a hotfix (`XS82ECU1056`)."""
_HINT = re.compile(r"product|\.xcpng|\.xs\d|release/|xs\d{2,3}e", re.IGNORECASE)

_Field = tuple[str, str, Span]
"""What a field says (one of _ROLES, or nothing), its value, and where it stands."""


class Record(NamedTuple):
    """What a machine said: a brand with a version, or a codename; and the places in the text that it stands at."""

    places: tuple[Span, ...]
    brand: str = ""
    version: str = ""
    is_preview: bool = False
    codename: str = ""


def records(text: str) -> list[Record]:
    """The records in a text, in their order."""
    if not _HINT.search(text):
        return []
    hosts = [*_hosts(text)]
    taken = [place for host in hosts for place in host.places]
    free = (m for m in _NAMED.finditer(text) if not any(start <= m.start() < end for start, end in taken))
    return sorted([*hosts, *map(_named, free)], key=lambda record: record.places)


def _named(match: re.Match[str]) -> Record:
    said = match.groupdict(default="")
    if said["codename"]:
        return Record((match.span(),), codename=re.sub("[-_]", " ", said["codename"].lower()))
    if said["xcp"]:
        return Record((match.span(),), "XCP-ng", said["xcp"])
    return Record((match.span(),), "XenServer", f"{'.'.join(said['number'] or said['xs'])} {said['level']}".strip())


def _hosts(text: str) -> Iterator[Record]:
    """Hosts by their fields. A field that comes again begins another host; the first takes all other fields along."""
    fields = [*_fields(text)]
    said: list[dict[str, str]] = [{}]
    for role, value, _ in fields:
        if role:
            if role in said[-1]:
                said.append({})
            said[-1][role] = value
    places = _extent(text, fields)
    for host in said:
        if host.get("version") and places:
            is_preview = host.get("preview", "").lower() == "true"
            yield Record(tuple(places), host.get("brand", ""), host["version"], is_preview)
            places = [(places[-1][1], places[-1][1])]


def _fields(text: str) -> Iterator[_Field]:
    keys = [*_KEY.finditer(text)]
    names = [re.sub("[-_]", "", key["key"].lower()) for key in keys]
    roles = {**_ROLES, "version": "version"} if "productbrand" in names and "productversion" not in names else _ROLES
    for key, name, behind in zip_longest(keys, names, keys[1:]):
        if value := _VALUE.match(text, key.end(), behind.start() if behind else len(text)):
            said = next(part for part in value.groups() if part is not None)
            yield roles.get(name, ""), said.strip(), (key.start(), value.end())


def _extent(text: str, fields: Sequence[_Field]) -> list[Span]:
    """All that belongs to records: the lines of a dump, an object in braces, else fields side by side."""
    opens, closes = text.find("{"), text.rfind("}")
    regions = [(opens, closes + 1)] if 0 <= opens < closes else []
    if lines := [*_DUMP.finditer(text)]:
        regions.append((lines[0].start(), lines[-1].end()))
    for _, _, place in fields:
        start, end = regions[-1] if regions else (len(text), 0)
        if start <= place[0] and _BETWEEN_FIELDS.fullmatch(text[end : place[0]]):
            regions[-1] = (start, max(end, place[1]))
        else:
            regions.append(place)
    told = [start for role, _, (start, _) in fields if role == "version"]
    return sorted(region for region in regions if any(region[0] <= at < region[1] for at in told))
