"""Loads data/ as the Matrix of linked value objects.

Checking the YAML takes more than a tenth of a second, too long for an answer in a shell. So the checked content is
compiled to one file of JSON: when a wheel is built (hatch_build.py), and in a checkout by the first command after an
edit.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from packaging.version import Version

from bot.errors import DataError, Problem
from bot.matrix.feature import Availability, Feature, FeatureSupport
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Citation, LastFix, PlannedRelease, Product, Release, UpdateLevel
from bot.matrix.requirement import Requirement, RequirementKind
from bot.matrix.support import Badge, Legend, ListRow, PublishedList, Support, SupportLevel
from bot.matrix.upgrade import Hop, StepConfidence

Raw = dict[str, Any]


def build(raw: Raw, renewed_to: date | None = None) -> Matrix:
    """The Matrix of validated data: the files' content by name, as plain JSON values. `renewed_to` is the day of data
    that came after this version did."""
    linked = _Linked(raw)
    listed = raw["list"]
    published = PublishedList(
        source=linked.sources[listed["source"]],
        read_on=date.fromisoformat(listed["read_on"]),
        legend=tuple(Legend(Badge(x["badge"]), x["emoji"], x["words"], x["meaning"]) for x in listed["legend"]),
        rows=tuple(map(linked.row, listed["rows"])),
    )
    hops = [hop for rule in raw["upgrades"]["hops"] for hop in linked.hops(rule)]
    return Matrix(
        releases=linked.releases,
        published=published,
        issues=tuple(linked.issues.values()),
        features=tuple(map(linked.feature, raw["features"]["features"])),
        hops={release: tuple(hop for hop in hops if hop.start is release) for release in linked.releases},
        lifecycle_source=linked.sources[raw["releases"]["source"]],
        lifecycle_read_on=date.fromisoformat(raw["releases"]["read_on"]),
        requirements=tuple(linked.requirements.values()),
        in_development=tuple(map(linked.planned, raw["releases"]["in_development"])),
        renewed_to=renewed_to,
        advisories_read_on=_day(raw.get("advisories", {}), "read_on"),
    )


def data_day(raw: Raw) -> date:
    """The day that data is of: the newest on which the source of one of its files was read."""
    days = (_day(content, "read_on") for content in raw.values())
    return max(day for day in days if day)


def _day(content: Raw, key: str) -> date | None:
    text = content.get(key)
    return date.fromisoformat(text) if text else None


class _Linked:
    """What other facts refer to (sources by key, releases by product and number, issues and requirements by id), and
    those facts."""

    def __init__(self, raw: Raw) -> None:
        self.sources = {key: Citation(s["title"], s["url"]) for key, s in raw["sources"]["sources"].items()}
        self.releases = tuple(map(self._release, raw["releases"]["releases"]))
        self._by_number = {(release.product, release.number): release for release in self.releases}
        self.issues = {issue["id"]: self._issue(issue) for issue in raw["issues"]["issues"]}
        self.requirements = {each["id"]: self._requirement(each) for each in raw["requirements"]["requirements"]}

    def cited(self, keys: Iterable[str]) -> tuple[Citation, ...]:
        """Sources by their keys, each once."""
        return tuple(self.sources[key] for key in dict.fromkeys(keys))

    def named(self, product: str, numbers: Iterable[str]) -> tuple[Release, ...]:
        """Releases of a product by their numbers."""
        return tuple(self._by_number[Product(product), number] for number in numbers)

    def _release(self, raw: Raw) -> Release:
        facts: Raw = {name: fact for name, fact in raw["lifecycle"].items() if fact}
        levels: list[UpdateLevel] = []
        for level in raw["levels"]:
            dates = {name: level[name] for name in ("released", "maintenance_ends", "eol") if level[name]}
            levels.append(UpdateLevel(level["name"], tuple(level["aliases"]), _lifecycle(dates)))
        last_fix: LastFix | None = None
        if fix := raw["last_fix"]:
            day = PartialDate.parse(fix["day"]) if fix["day"] else None
            last_fix = LastFix(fix["name"], day, fix["level"], self.cited(fix["sources"]))
        return Release(
            product=Product(raw["product"]),
            number=raw["release"],
            base_name=raw["name"],
            compares_as=Version(raw["compares_as"] or raw["release"]),
            lifecycle=_lifecycle(facts),
            aliases=tuple(raw["aliases"]),
            codenames=tuple(raw["codenames"]),
            updates_in_place=tuple(raw["updates_in_place"]),
            levels=tuple(levels),
            sources=self.cited(key for fact in facts.values() for key in fact["sources"]),
            inferred=frozenset(
                name for name, fact in facts.items() if fact["day"] and fact["confidence"] == "inferred"
            ),
            last_fix=last_fix,
            note=raw["note"],
        )

    def row(self, raw: Raw) -> ListRow:
        """A row of the list."""
        return ListRow(
            product=Product(raw["product"]),
            releases=self.named(raw["product"], raw["releases"]),
            support=Support(SupportLevel(raw["support"]), raw["official"], raw["extra_features"]),
            title=raw["label"],
            extra_features_until=date.fromisoformat(until) if (until := raw["extra_features_until"]) else None,
        )

    def _issue(self, raw: Raw) -> KnownIssue:
        affected = [release for product, numbers in raw["affects"].items() for release in self.named(product, numbers)]
        conditions: Raw = raw["conditions"]
        return KnownIssue(
            id=raw["id"],
            kind=IssueKind(raw["kind"]),
            summary=raw["summary"],
            details=raw["details"],
            affects=tuple((r, str(conditions.get(r.product, {}).get(r.number, ""))) for r in affected),
            links=self.cited(raw["links"]),
            fixed_in=raw["fixed_in"],
            mitigation=raw["mitigation"],
            from_list=raw["from_list"],
            errors=tuple(raw["errors"]),
        )

    def _requirement(self, raw: Raw) -> Requirement:
        releases = [release for product, numbers in raw["of"].items() for release in self.named(product, numbers)]
        return Requirement(
            id=raw["id"],
            kind=RequirementKind(raw["kind"]),
            text=raw["text"],
            releases=tuple(releases),
            sources=self.cited(raw["sources"]),
            since=date.fromisoformat(raw["since"]) if raw["since"] else None,
            met_by=raw["met_by"],
        )

    def planned(self, raw: Raw) -> PlannedRelease:
        """A release in development."""
        numbers = tuple(raw["numbers"])
        return PlannedRelease(Product(raw["product"]), raw["name"], numbers, raw["note"], self.cited(raw["sources"]))

    def feature(self, raw: Raw) -> Feature:
        """A feature, with the first release of each product that has it."""
        support: list[tuple[Product, FeatureSupport]] = []
        for product, since in raw["support"].items():
            release = self._by_number[Product(product), since["release"]] if since["release"] else None
            first = FeatureSupport(Availability(since["availability"]), release, since["note"], since["inferred"])
            support.append((Product(product), first))
        return Feature(
            id=raw["id"],
            name=raw["name"],
            aliases=tuple(raw["aliases"]),
            summary=raw["summary"],
            support=tuple(support),
            sources=self.cited(raw["sources"]),
            note=raw["note"],
        )

    def hops(self, raw: Raw) -> Iterator[Hop]:
        """The step from every release of a range."""
        to = self._by_number[Product(raw["to"]["product"]), raw["to"]["release"]]
        for start in self.named(raw["product"], raw["start"]):
            yield Hop(
                start=start,
                to=to,
                arrives_at=raw["arrives_at"],
                how=raw["how"],
                why=raw["why"],
                blockers=tuple(self.issues[name] for name in raw["blockers"]),
                sources=self.cited(raw["sources"]),
                confidence=StepConfidence(raw["confidence"]),
                requirements=tuple(self.requirements[name] for name in raw["requirements"]),
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


NAMES = ("sources", "releases", "list", "issues", "features", "requirements", "upgrades")
"""The files of data/, in the order in which their problems are reported. All of them are in a bundle
(bot.published.bundle), and nothing else is: vocabulary.txt belongs to the reader, and goes with its code."""

COMPILED = "compiled.json"
"""The compiled file, beside the YAML that it was made from."""

_DATA = b'"data": '


def load_matrix(folder: Path | None = None) -> Matrix:
    """The Matrix of a folder of data files (the shipped ones unless given). DataError lists every problem found."""
    return build(load_content(folder))


def load_content(folder: Path | None = None) -> Raw:
    """What `build` takes, of the same folder. DataError lists every problem found.

    The compiled file is used if it was made from just these files and is undamaged. Otherwise the YAML is checked and
    used, and compiled anew where the folder is ours to write.
    """
    folder = folder or shipped()
    sources = _sources(read_files(folder))
    try:
        compiled = (folder / COMPILED).read_bytes()
    except OSError:
        compiled = b""
    content = compiled.partition(_DATA)[2][:-2]
    if content and compiled == _sealed(sources, content):
        found: Raw = json.loads(content)
        return found
    compiled = compile_data(folder)
    _write(folder, compiled)
    checked: Raw = json.loads(compiled)["data"]
    return checked


def compile_data(folder: Path) -> bytes:
    """Check a folder of data files and return what its compiled file should hold. DataError lists every problem."""
    from bot.matrix.validate import validated

    files = read_files(folder)
    content = json.dumps(validated(files), separators=(",", ":"))
    return _sealed(_sources(files), content.encode())


def shipped() -> Path:
    """Where the data is: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def read_files(folder: Path) -> dict[str, bytes]:
    """The bytes of a folder's data files, by name (without .yaml). DataError for the first one that cannot be read."""
    files = {}
    for name in NAMES:
        path = folder / f"{name}.yaml"
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            raise DataError([Problem(path.name, "", f"cannot be read: {error.strerror}")]) from error
    return files


def _sources(files: dict[str, bytes]) -> bytes:
    """All that decides what is compiled: the files, and the module that checks and resolves them."""
    parts = [_checker(), *files.values()]
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def _checker() -> bytes:
    checker = Path(__file__).with_name("validate.py")
    return checker.read_bytes() if checker.exists() else b""


def checked_by() -> str:
    """What tells versions of the checks apart: what one of them has checked and resolved is of use to itself alone."""
    return f"{zlib.crc32(_checker()):08x}"


def _sealed(sources: bytes, content: bytes) -> bytes:
    """The compiled file, which begins with the checksums of what it was made from and of its own content.

    They are against edits and damage, so CRC-32 does (hashlib would take 3 ms of a start that takes 50). They protect
    from nobody who may write here: such a person could edit the YAML, or the code.
    """
    checksums = (len(sources), zlib.crc32(sources), zlib.crc32(content))
    return b'{"made_from": "%d-%08x", "crc32": "%08x", ' % checksums + _DATA + content + b"}\n"


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
