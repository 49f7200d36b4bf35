"""Loads data/ as the Matrix of linked value objects.

Checking the YAML takes a third of a second, too long before every answer in a shell. So the checked content is compiled
to one file of JSON: when a wheel is built (hatch_build.py), and in a checkout by the first command after an edit.
"""

import json
import os
import zlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from packaging.version import Version

from bot.errors import DataError, Problem
from bot.matrix.feature import Availability, Feature, FeatureSupport
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Citation, LastFix, Product, Release, UpdateLevel
from bot.matrix.support import Badge, Legend, ListRow, PublishedList, Support, SupportLevel
from bot.matrix.upgrade import Hop

Raw = dict[str, Any]


def build(raw: Raw) -> Matrix:
    """The Matrix of all files together."""
    return _Building(raw).matrix()


class _Building:
    """Holds what later files refer to: sources by key, releases by product and number, issues by id."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._sources = {key: Citation(s["title"], s["url"]) for key, s in raw["sources"]["sources"].items()}
        self._releases = tuple(map(self._release, raw["releases"]["releases"]))
        self._by_number = {(release.product, release.number): release for release in self._releases}
        self._issues = {issue["id"]: self._issue(issue) for issue in raw["issues"]["issues"]}

    def matrix(self) -> Matrix:
        return Matrix(
            releases=self._releases,
            published=self._list(self._raw["list"]),
            issues=tuple(self._issues.values()),
            features=tuple(map(self._feature, self._raw["features"]["features"])),
            hops=self._leaving([hop for rule in self._raw["upgrades"]["hops"] for hop in self._hops(rule)]),
            lifecycle_source=self._sources[self._raw["releases"]["source"]],
            lifecycle_read_on=date.fromisoformat(self._raw["releases"]["read_on"]),
        )

    def _release(self, raw: Raw) -> Release:
        dates: Raw = raw["lifecycle"]
        facts = {name: fact for name, fact in dates.items() if fact}
        return Release(
            product=Product(raw["product"]),
            number=raw["release"],
            base_name=raw["name"],
            compares_as=Version(raw["compares_as"] or raw["release"]),
            lifecycle=_lifecycle(facts),
            aliases=tuple(raw["aliases"]),
            codenames=tuple(raw["codenames"]),
            levels=tuple(map(_level, raw["levels"])),
            sources=self._cited(key for fact in facts.values() for key in fact["sources"]),
            inferred=frozenset(
                name for name, fact in facts.items() if fact["day"] and fact["confidence"] == "inferred"
            ),
            last_fix=self._last_fix(raw["last_fix"]) if raw["last_fix"] else None,
            note=raw["note"],
        )

    def _last_fix(self, raw: Raw) -> LastFix:
        day = PartialDate.parse(raw["day"]) if raw["day"] else None
        return LastFix(raw["name"], day, raw["level"], self._cited(raw["sources"]))

    def _cited(self, keys: Iterable[str]) -> tuple[Citation, ...]:
        return tuple(self._sources[key] for key in dict.fromkeys(keys))

    def _named(self, product: str, numbers: list[str]) -> Iterable[Release]:
        return (self._by_number[Product(product), number] for number in numbers)

    def _list(self, raw: Raw) -> PublishedList:
        return PublishedList(
            source=self._sources[raw["source"]],
            read_on=date.fromisoformat(raw["read_on"]),
            legend=tuple(Legend(Badge(x["badge"]), x["emoji"], x["words"], x["meaning"]) for x in raw["legend"]),
            rows=tuple(map(self._row, raw["rows"])),
        )

    def _row(self, raw: Raw) -> ListRow:
        product = Product(raw["product"])
        return ListRow(
            product=product,
            releases=tuple(self._named(product, raw["releases"])),
            support=Support(SupportLevel(raw["support"]), raw["official"], raw["extra_features"]),
            title=raw["label"],
        )

    def _issue(self, raw: Raw) -> KnownIssue:
        def condition(release: Release) -> str:
            return str(raw["conditions"].get(release.product, {}).get(release.number, ""))

        affected = [r for product, numbers in raw["affects"].items() for r in self._named(product, numbers)]
        return KnownIssue(
            id=raw["id"],
            kind=IssueKind(raw["kind"]),
            summary=raw["summary"],
            details=raw["details"],
            affects=tuple((release, condition(release)) for release in affected),
            links=self._cited(raw["links"]),
            fixed_in=raw["fixed_in"],
            mitigation=raw["mitigation"],
            from_list=raw["from_list"],
        )

    def _feature(self, raw: Raw) -> Feature:
        return Feature(
            id=raw["id"],
            name=raw["name"],
            aliases=tuple(raw["aliases"]),
            summary=raw["summary"],
            support=tuple((Product(p), self._feature_support(p, s)) for p, s in raw["support"].items()),
            sources=self._cited(raw["sources"]),
            note=raw["note"],
        )

    def _feature_support(self, product: str, raw: Raw) -> FeatureSupport:
        release = self._by_number[Product(product), raw["release"]] if raw["release"] else None
        return FeatureSupport(Availability(raw["availability"]), release, raw["note"], raw["inferred"])

    def _leaving(self, hops: list[Hop]) -> dict[Release, tuple[Hop, ...]]:
        return {release: tuple(hop for hop in hops if hop.start is release) for release in self._releases}

    def _hops(self, raw: Raw) -> Iterable[Hop]:
        to = self._by_number[Product(raw["to"]["product"]), raw["to"]["release"]]
        for start in self._named(raw["product"], raw["start"]):
            yield Hop(
                start=start,
                to=to,
                arrives_at=raw["arrives_at"],
                how=raw["how"],
                why=raw["why"],
                blockers=tuple(self._issues[name] for name in raw["blockers"]),
                sources=self._cited(raw["sources"]),
                inferred=raw["inferred"],
            )


def _lifecycle(facts: Raw) -> Lifecycle:
    def day(name: str) -> date | None:
        text = facts.get(name, {}).get("day")
        return date.fromisoformat(text) if text else None

    released = facts["released"]["day"]
    return Lifecycle(
        released=PartialDate.parse(released) if released else None,
        maintenance_ends=day("maintenance_ends"),
        eol=day("eol"),
        lts_since=day("lts_since"),
    )


def _level(raw: Raw) -> UpdateLevel:
    facts = {name: raw[name] for name in ("released", "maintenance_ends", "eol") if raw[name]}
    return UpdateLevel(raw["name"], tuple(raw["aliases"]), _lifecycle(facts))


NAMES = ("sources", "releases", "list", "issues", "features", "upgrades")
"""The files of data/, in the order in which their problems are reported."""

COMPILED = "compiled.json"
"""The compiled file, beside the YAML that it was made from."""

_DATA = b'"data": '


def load_matrix(folder: Path | None = None) -> Matrix:
    """The Matrix of a folder of data files (the shipped ones unless given). DataError lists every problem found.

    The compiled file is used if it was made from just these files and is undamaged. Otherwise the YAML is checked and
    used, and compiled anew where the folder is ours to write.
    """
    folder = folder or shipped()
    files = _read(folder)
    sources = _sources(files)
    try:
        compiled = (folder / COMPILED).read_bytes()
    except OSError:
        compiled = b""
    content = compiled.partition(_DATA)[2][:-2]
    if content and compiled == _sealed(sources, content):
        return build(json.loads(content))
    raw = _checked(files)
    _write(folder, _sealed(sources, _content(raw)))
    return build(raw)


def compile_data(folder: Path) -> bytes:
    """Check a folder of data files and return what its compiled file should hold. DataError lists every problem."""
    files = _read(folder)
    return _sealed(_sources(files), _content(_checked(files)))


def shipped() -> Path:
    """Where the data is: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def _read(folder: Path) -> dict[str, bytes]:
    """The files' bytes by name. DataError for the first one that cannot be read."""
    files = {}
    for name in NAMES:
        path = folder / f"{name}.yaml"
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            raise DataError([Problem(path.name, "", f"cannot be read: {error.strerror}")]) from error
    return files


def _checked(files: dict[str, bytes]) -> Raw:
    from bot.matrix.validate import validated

    return validated(files)


def _sources(files: dict[str, bytes]) -> bytes:
    """All that decides what is compiled: the files, and the module that checks and resolves them."""
    checker = Path(__file__).with_name("validate.py")
    parts = [checker.read_bytes() if checker.exists() else b"", *files.values()]
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def _content(raw: Raw) -> bytes:
    return json.dumps(raw, separators=(",", ":")).encode()


def _sealed(sources: bytes, content: bytes) -> bytes:
    """The compiled file, which begins with the checksums of what it was made from and of its own content.

    They are against edits and damage, so CRC-32 does (hashlib would take 3 ms of a start that takes 50). They protect
    from nobody who may write here: such a person could edit the YAML, or the code.
    """
    return b'{"made_from": "%d-%08x", "crc32": "%08x", %b%b}\n' % (
        len(sources),
        zlib.crc32(sources),
        zlib.crc32(content),
        _DATA,
        content,
    )


def _write(folder: Path, compiled: bytes) -> None:
    """Put the compiled file in place, all of it at once. Where that cannot be done, each start checks the YAML again.

    Only for the folder's owner: root in somebody's checkout must neither follow links nor leave files there.
    """
    import tempfile

    try:
        if folder.stat().st_uid != os.geteuid():
            return
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{COMPILED}.")
        try:
            with open(descriptor, "wb") as file:
                file.write(compiled)
                os.fchmod(descriptor, 0o644)
            os.replace(name, folder / COMPILED)
        except OSError:
            os.unlink(name)
            raise
    except OSError:
        pass
