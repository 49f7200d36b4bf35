"""The shape of data/*.yaml, one model per kind of file. Only the loader uses it, and only when a file has changed.

Every fact names its sources by their key in data/sources.yaml, so a fact without a source is refused.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.matrix.feature import Availability
from bot.matrix.issue import IssueKind
from bot.matrix.lifecycle import PartialDate
from bot.matrix.release import Product
from bot.matrix.support import Badge


def _a_version(text: str) -> str:
    try:
        Version(text)
    except InvalidVersion:
        raise ValueError('a version such as "8.2" is allowed') from None
    return text


def _a_range(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError('a range such as ">=7.0,<7.4" is allowed') from None
    return text


def _a_partial_date(value: object) -> str:
    try:
        return str(PartialDate.parse(str(value)))
    except ValueError:
        raise ValueError("YYYY-MM-DD or YYYY-MM is allowed") from None


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Number = Annotated[str, AfterValidator(_a_version)]
Range = Annotated[str, AfterValidator(_a_range)]
Month = Annotated[str, BeforeValidator(_a_partial_date)]
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
    levels: list[LevelModel] = []
    last_fix: LastFixModel | None = None
    note: Text | None = None


class ReleasesFile(Strict):
    """data/releases.yaml: newest first within each product."""

    source: Text
    read_on: date
    releases: list[ReleaseModel]


class LegendModel(Strict):
    """What a sign of the list means."""

    badge: Badge
    emoji: Text
    words: Text
    meaning: Text


class RowModel(Strict):
    """A row of the list; `label` only for a row of several releases, the others are named by their release."""

    product: Product
    releases: Annotated[list[Number], Field(min_length=1)]
    label: Text | None = None
    support: Literal["full", "partial"]
    official: bool = True
    extra_features: bool = False
    sources: SourceKeys


class ListFile(Strict):
    """data/list.yaml: the published list in its order."""

    source: Text
    read_on: date
    legend: list[LegendModel]
    rows: list[RowModel]


class IssueModel(Strict):
    """A known issue; `affects` maps a product to a range, `conditions` a release's number to when it is affected."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
    kind: IssueKind
    summary: Text
    details: Text
    affects: Annotated[dict[Product, Range], Field(min_length=1)]
    conditions: dict[Product, dict[Number, Text]] = {}
    fixed_in: Text | None = None
    mitigation: Text | None = None
    from_list: bool = False
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


class TargetModel(Strict):
    """A release named by product and number."""

    product: Product
    release: Number


class HopModel(Strict):
    """Documented steps from every release in a range to one release."""

    product: Product
    start: Range
    to: TargetModel
    arrives_at: Text
    how: Text
    why: Text
    blockers: list[Text] = []
    inferred: bool = False
    sources: SourceKeys


class UpgradesFile(Strict):
    """data/upgrades.yaml."""

    hops: list[HopModel]


class SourcesFile(Strict):
    """data/sources.yaml: every source once, by key."""

    sources: dict[Text, SourceModel]


FILES: dict[str, type[Strict]] = {
    "sources": SourcesFile,
    "releases": ReleasesFile,
    "list": ListFile,
    "issues": IssuesFile,
    "features": FeaturesFile,
    "upgrades": UpgradesFile,
}
"""The files of data/ by name, in the order in which their problems are told."""
