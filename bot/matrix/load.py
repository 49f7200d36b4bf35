"""Loads data/ as the Matrix of linked value objects.

The checked content is compiled to one file of JSON: when a wheel is built (hatch_build.py), and in a checkout by the
first command after an edit.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from bot.matrix.compiled import DataPart, compile_part, load_part, shipped_folder
from bot.matrix.feature import Availability, Feature, FeatureSupport
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Citation, LastFix, PlannedRelease, Product, Release, UpdateLevel
from bot.matrix.requirement import Requirement, RequirementKind
from bot.matrix.support import Badge, Legend, ListRow, PublishedList, Support, SupportLevel
from bot.matrix.upgrade import Hop, StepConfidence

if TYPE_CHECKING:
    from pathlib import Path

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
        advisories=raw if "advisories" in raw else None,
    )


def data_day(raw: Raw) -> date:
    """The day that data is of: the newest of its files, each of which is of the day on which its source was read."""
    days = (_day(content, key) for content in raw.values() for key in ("read_on", "day"))
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
"""The files of data/, in the order in which their problems are reported."""

COMPILED = "compiled.json"
"""The compiled file, beside the YAML that it was made from."""


def load_matrix(folder: "Path | None" = None) -> Matrix:
    """The Matrix of a folder of data files (the shipped ones unless given). DataError lists every problem found."""
    return build(load_content(folder))


def load_content(folder: "Path | None" = None) -> Raw:
    """What `build` takes, of the same folder. DataError lists every problem found."""
    return load_part(matrix_part(), folder or shipped_folder())


def compile_data(folder: "Path") -> bytes:
    """Check a folder of data files and return what its compiled file should hold. DataError lists every problem."""
    return compile_part(matrix_part(), folder)


def matrix_part() -> DataPart:
    """What of data/ the Matrix is made of."""
    return DataPart(NAMES, COMPILED, [os.path.join(os.path.dirname(__file__), "validate.py")], _validated)


def _validated(files: dict[str, bytes]) -> Raw:
    """As the module does that needs pydantic and YAML, which only a check of the YAML loads."""
    from bot.matrix import validate

    return validate.validated(files)
