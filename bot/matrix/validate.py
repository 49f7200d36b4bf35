"""The shape of data/*.yaml, one model per kind of file, and what must hold of all files together.

Loaded only where YAML is checked: when the package is built, and in a checkout after an edit. Every fact names its
sources by their key in data/sources.yaml, so a fact without a source is refused.
"""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from bot.errors import DataError, Problem
from bot.matrix.feature import Availability
from bot.matrix.issue import IssueKind
from bot.matrix.lifecycle import PartialDate
from bot.matrix.release import Product
from bot.matrix.requirement import RequirementKind
from bot.matrix.support import Badge
from bot.matrix.upgrade import StepConfidence


def _read_by(read: Callable[[str], object], allowed: str, text: str) -> str:
    """The text, if `read` takes it; else a ValueError that says what is allowed."""
    try:
        read(text)
    except ValueError:  # the exceptions of packaging are such
        raise ValueError(f"{allowed} is allowed") from None
    return text


def _partial_date(value: object) -> str:
    try:
        return str(PartialDate.parse(str(value)))
    except ValueError:
        raise ValueError("YYYY-MM-DD or YYYY-MM is allowed") from None


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Number = Annotated[str, AfterValidator(partial(_read_by, Version, 'a version such as "8.2"'))]
Range = Annotated[str, AfterValidator(partial(_read_by, SpecifierSet, 'a range such as ">=7.0,<7.4"'))]
Month = Annotated[str, BeforeValidator(_partial_date)]
SourceKeys = Annotated[list[Text], Field(min_length=1)]


class Confidence(StrEnum):
    """How sure a fact is: two records of different origin, two of the same origin, one record, or reasoned."""

    CONFIRMED = "confirmed"
    SAME_ORIGIN = "same_origin"
    SINGLE_SOURCE = "single_source"
    INFERRED = "inferred"


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceModel(Strict):
    """A source of facts; `url` is null where only the document's name is public."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None


class Sourced(Strict):
    """How sure a date is, and who says so."""

    confidence: Confidence | None
    sources: list[Text]
    note: Text | None = None


class FactModel(Sourced):
    """A date of which perhaps only the month is known. `day: null`: the vendor gives none, or none is known."""

    day: Month | None


class DayFactModel(Sourced):
    """A date of which the day is known, or nothing."""

    day: date | None


class LifecycleModel(Strict):
    """The dates of a release, or of a pack that had its own."""

    released: FactModel
    maintenance_ends: DayFactModel
    eol: DayFactModel
    lts_since: DayFactModel | None = None


class LastFixModel(FactModel):
    """The last security fix that a source shows: a lower bound, for a later one may exist. `level`: what it was for."""

    name: Text
    level: Text | None = None


class LevelModel(Strict):
    """A service pack, cumulative update or maintenance number of a release."""

    name: Text
    aliases: Annotated[list[Text], Field(min_length=1)]
    released: FactModel
    maintenance_ends: DayFactModel | None = None
    eol: DayFactModel | None = None


class ReleaseModel(Strict):
    """One release; `compares_as` only where its number is not the version that ranges mean."""

    product: Product
    release: Number
    name: Text
    compares_as: Number | None = None
    lifecycle: LifecycleModel
    aliases: list[Number] = []
    codenames: list[Text] = []
    updates_in_place: list[Text] = []
    levels: list[LevelModel] = []
    last_fix: LastFixModel | None = None
    note: Text | None = None


class PlannedModel(Strict):
    """A release in development, with the numbers by which it is asked for."""

    product: Product
    name: Text
    numbers: Annotated[list[Text], Field(min_length=1)]
    note: Text
    sources: SourceKeys


class ReleasesFile(Strict):
    """data/releases.yaml: newest first within each product."""

    source: Text
    read_on: date
    in_development: list[PlannedModel] = []
    releases: list[ReleaseModel]


class LegendModel(Strict):
    """What a sign of the list means."""

    badge: Badge
    emoji: Text
    words: Text
    meaning: Text


class RowModel(Strict):
    """A row of the list; `label` only for a row of several releases, the others are named by their release.

    `extra_features_until` is the day from which the list no longer shows their sign.
    """

    product: Product
    releases: Annotated[list[Number], Field(min_length=1)]
    label: Text | None = None
    support: Literal["full", "partial"]
    official: bool = True
    extra_features: bool = False
    extra_features_until: date | None = None
    sources: SourceKeys


class ListFile(Strict):
    """data/list.yaml: the published list in its order."""

    source: Text
    read_on: date
    legend: list[LegendModel]
    rows: list[RowModel]


class IssueModel(Strict):
    """A known issue; `affects` maps a product to a range, `conditions` a release's number to when it is affected.

    `errors` are the codes that hosts answer with where it strikes.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    kind: IssueKind
    summary: Text
    details: Text
    affects: Annotated[dict[Product, Range], Field(min_length=1)]
    conditions: dict[Product, dict[Number, Text]] = {}
    fixed_in: Text | None = None
    mitigation: Text | None = None
    from_list: bool = False
    errors: list[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]+$")]] = []
    links: SourceKeys


class IssuesFile(Strict):
    """data/issues.yaml: the list's own issues first, in the list's order."""

    issues: list[IssueModel]


class FeatureSupportModel(Strict):
    """Since when a product has a feature."""

    availability: Availability
    release: Number | None = None
    note: Text | None = None
    inferred: bool = False


class FeatureModel(Strict):
    """A feature and the first releases that have it."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    name: Text
    aliases: list[Text] = []
    summary: Text
    support: dict[Product, FeatureSupportModel]
    note: Text | None = None
    sources: SourceKeys


class FeaturesFile(Strict):
    """data/features.yaml."""

    features: list[FeatureModel]


class RequirementModel(Strict):
    """What must hold for a release (`of`, by ranges), or for the steps of upgrades.yaml that name it; then `of` says
    where a path must begin for it to matter."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    kind: RequirementKind
    text: Text
    of: dict[Product, Range] = {}
    since: date | None = None
    met_by: Text | None = None
    sources: SourceKeys


class RequirementsFile(Strict):
    """data/requirements.yaml."""

    requirements: list[RequirementModel]


class TargetModel(Strict):
    """A release named by product and number."""

    product: Product
    release: Number


class HopModel(Strict):
    """Steps from every release in a range to one release, with who stands behind them."""

    product: Product
    start: Range
    to: TargetModel
    arrives_at: Text
    how: Text
    why: Text
    confidence: StepConfidence
    blockers: list[Text] = []
    requirements: list[Text] = []
    sources: SourceKeys


class UpgradesFile(Strict):
    """data/upgrades.yaml."""

    hops: list[HopModel]


class SourcesFile(Strict):
    """data/sources.yaml: every source once, by key."""

    sources: dict[Text, SourceModel]


class Files(NamedTuple):
    """All files of data/, each valid by itself, in the order in which their problems are reported."""

    sources: SourcesFile
    releases: ReleasesFile
    list: ListFile
    issues: IssuesFile
    features: FeaturesFile
    requirements: RequirementsFile
    upgrades: UpgradesFile


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # mypy cannot follow a chosen base
    """Leaves dates as text: an impossible one must become a problem of its key, not an exception of the parser."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def validated(texts: dict[str, bytes]) -> dict[str, Any]:
    """The content of the files (by name, without .yaml) as plain JSON values, with the releases that a range holds in
    place of the range. DataError with all problems if there is any."""
    problems: list[Problem] = []
    models = {name: read_file(name, text, Files.__annotations__[name], problems) for name, text in texts.items()}
    if problems:
        raise DataError(problems)
    files = Files(**models)
    for check in _CHECKS:
        problems.extend(check(files))
    if problems:
        raise DataError(problems)
    raw = {name: file.model_dump(mode="json") for name, file in files._asdict().items()}
    for issue in raw["issues"]["issues"]:
        issue["affects"] = {p: _in_range(files, p, text) for p, text in issue["affects"].items()}
    for requirement in raw["requirements"]["requirements"]:
        requirement["of"] = {p: _in_range(files, p, text) for p, text in requirement["of"].items()}
    for hop in raw["upgrades"]["hops"]:
        hop["start"] = _in_range(files, hop["product"], hop["start"])
    return raw


def read_file(name: str, text: bytes, model: type[BaseModel], problems: list[Problem]) -> Any:
    """A file's content as its model; None where there are problems, which are added to those known already."""
    try:
        return model.model_validate(yaml.load(text, Loader=Loader))
    except ValidationError as error:
        for found in error.errors(include_url=False):
            key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found["loc"])
            what = found["msg"].removeprefix("Value error, ")
            problems.append(Problem(f"{name}.yaml", key.lstrip("."), what))
    except (yaml.YAMLError, ValueError) as error:  # a number such as 0x_ is no mistake in YAML's eyes
        problems.append(Problem(f"{name}.yaml", "", f"is not YAML: {' '.join(str(error).split())}"))
    return None


def _in_range(files: Files, product: str, text: str) -> list[str]:
    """The numbers of a product's releases that a range holds."""
    wanted = SpecifierSet(text)
    releases = files.releases.releases
    return [r.release for r in releases if r.product == product and (r.compares_as or r.release) in wanted]


def _dates(release: ReleaseModel) -> Iterator[tuple[str, FactModel | DayFactModel]]:
    """Every date of a release and of its levels, with its key."""
    for name in ("released", "maintenance_ends", "eol", "lts_since"):
        if fact := getattr(release.lifecycle, name):
            yield f"lifecycle.{name}", fact
    if release.last_fix:
        yield "last_fix", release.last_fix
    for at, level in enumerate(release.levels):
        for name in ("released", "maintenance_ends", "eol"):
            if fact := getattr(level, name):
                yield f"levels[{at}].{name}", fact


def _citations(files: Files) -> Iterator[tuple[str, str, list[str]]]:
    """Where sources are named: file, key, and the names."""
    yield "releases.yaml", "source", [files.releases.source]
    yield "list.yaml", "source", [files.list.source]
    for at, planned in enumerate(files.releases.in_development):
        yield "releases.yaml", f"in_development[{at}].sources", planned.sources
    for at, release in enumerate(files.releases.releases):
        for key, fact in _dates(release):
            yield "releases.yaml", f"releases[{at}].{key}.sources", fact.sources
    for at, row in enumerate(files.list.rows):
        yield "list.yaml", f"rows[{at}].sources", row.sources
    for at, issue in enumerate(files.issues.issues):
        yield "issues.yaml", f"issues[{at}].links", issue.links
    for at, feature in enumerate(files.features.features):
        yield "features.yaml", f"features[{at}].sources", feature.sources
    for at, requirement in enumerate(files.requirements.requirements):
        yield "requirements.yaml", f"requirements[{at}].sources", requirement.sources
    for at, hop in enumerate(files.upgrades.hops):
        yield "upgrades.yaml", f"hops[{at}].sources", hop.sources


def _check_sources(files: Files) -> Iterator[Problem]:
    """Sources that are named exist, and those that exist are used."""
    sources = files.sources.sources
    used = set[str]()
    for file, key, names in _citations(files):
        used.update(names)
        for name in names:
            if name not in sources:
                yield Problem(file, key, f'"{name}" is no source: a key of sources.yaml is allowed')
    for name in sources:
        if name not in used:
            yield Problem("sources.yaml", f"sources.{name}", "is used by no fact")


def _check_releases(files: Files) -> Iterator[Problem]:
    releases = files.releases.releases
    for at, release in enumerate(releases):
        for key, fact in _dates(release):
            if fact.day is not None and not (fact.sources and fact.confidence):
                yield Problem("releases.yaml", f"releases[{at}].{key}", "a date needs its sources and its confidence")
    seen = set[tuple[str, str]]()
    for at, release in enumerate(releases):
        if (release.product, release.release) in seen:
            yield Problem("releases.yaml", f"releases[{at}]", f"{release.name} is there twice")
        seen.add((release.product, release.release))
        life = release.lifecycle
        if life.maintenance_ends.day and life.eol.day and life.maintenance_ends.day > life.eol.day:
            yield Problem("releases.yaml", f"releases[{at}].lifecycle", "maintenance ends no later than eol")


def _check_exists(files: Files, file: str, key: str, product: str, number: str) -> Iterator[Problem]:
    if not any(r.product == product and r.release == number for r in files.releases.releases):
        yield Problem(file, key, f"{product} {number} is no release of releases.yaml")


def _check_list(files: Files) -> Iterator[Problem]:
    for at, row in enumerate(files.list.rows):
        for number in row.releases:
            yield from _check_exists(files, "list.yaml", f"rows[{at}].releases", row.product, number)
        if (len(row.releases) > 1) != (row.label is not None):
            what = "a label is allowed, and needed, where a row has several releases"
            yield Problem("list.yaml", f"rows[{at}].label", what)
        if row.extra_features and row.extra_features_until:
            what = "a day is allowed only where the list no longer has the sign"
            yield Problem("list.yaml", f"rows[{at}].extra_features_until", what)


def _check_issues(files: Files) -> Iterator[Problem]:
    """Ids are unique, conditions are of releases that exist, and no range is empty: that is a typing mistake."""
    seen = set[str]()
    for at, issue in enumerate(files.issues.issues):
        if issue.id.casefold() in seen:
            yield Problem("issues.yaml", f"issues[{at}].id", f"{issue.id} is there twice")
        seen.add(issue.id.casefold())
        for product, conditions in issue.conditions.items():
            for number in conditions:
                yield from _check_exists(files, "issues.yaml", f"issues[{at}].conditions", product, number)
        for product, text in issue.affects.items():
            if not _in_range(files, product, text):
                yield Problem("issues.yaml", f"issues[{at}].affects.{product}", f'no release is in "{text}"')


def _check_features(files: Files) -> Iterator[Problem]:
    for at, feature in enumerate(files.features.features):
        for product, support in feature.support.items():
            key = f"features[{at}].support.{product}"
            if (support.availability is Availability.FROM) != (support.release is not None):
                yield Problem("features.yaml", key, 'a release is allowed, and needed, with availability "from"')
            if support.release:
                yield from _check_exists(files, "features.yaml", key, product, support.release)


def _check_requirements(files: Files) -> Iterator[Problem]:
    """Ids are unique, no range is empty, and each is of releases or of a step, as its kind says."""
    steps = {name for hop in files.upgrades.hops for name in hop.requirements}
    of_steps = {RequirementKind.BEFORE, RequirementKind.DURING, RequirementKind.AFTER}
    seen = set[str]()
    for at, requirement in enumerate(files.requirements.requirements):
        key = f"requirements[{at}]"
        if requirement.id in seen:
            yield Problem("requirements.yaml", f"{key}.id", f"{requirement.id} is there twice")
        seen.add(requirement.id)
        if requirement.kind in of_steps and requirement.id not in steps:
            yield Problem("requirements.yaml", key, f"{requirement.kind} is of steps: name it in upgrades.yaml")
        if requirement.kind not in of_steps and (not requirement.of or requirement.id in steps):
            yield Problem("requirements.yaml", key, f"{requirement.kind} is of releases: `of` is needed")
        for product, text in requirement.of.items():
            if not _in_range(files, product, text):
                yield Problem("requirements.yaml", f"{key}.of.{product}", f'no release is in "{text}"')


def _check_upgrades(files: Files) -> Iterator[Problem]:
    ids = {issue.id for issue in files.issues.issues}
    requirements = {each.id for each in files.requirements.requirements}
    for at, hop in enumerate(files.upgrades.hops):
        yield from _check_exists(files, "upgrades.yaml", f"hops[{at}].to", hop.to.product, hop.to.release)
        for name in hop.blockers:
            if name not in ids:
                yield Problem("upgrades.yaml", f"hops[{at}].blockers", f'"{name}" is no issue of issues.yaml')
        for name in hop.requirements:
            if name not in requirements:
                what = f'"{name}" is no requirement of requirements.yaml'
                yield Problem("upgrades.yaml", f"hops[{at}].requirements", what)
        if hop.confidence is StepConfidence.JOINED and len(set(hop.sources)) < 2:
            yield Problem("upgrades.yaml", f"hops[{at}].sources", "a step that is joined needs two sources")
        if not _in_range(files, hop.product, hop.start):
            yield Problem("upgrades.yaml", f"hops[{at}].start", f'no release is in "{hop.start}"')


_CHECKS = (
    _check_sources,
    _check_releases,
    _check_list,
    _check_issues,
    _check_features,
    _check_requirements,
    _check_upgrades,
)
