"""Checks data/*.yaml as a whole and lists every problem: file, key, what is allowed."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import yaml
from packaging.specifiers import SpecifierSet
from pydantic import ValidationError

from bot.errors import DataError, Problem
from bot.matrix.feature import Availability
from bot.matrix.schema import (
    FILES,
    DayFactModel,
    FactModel,
    FeaturesFile,
    IssuesFile,
    ListFile,
    ReleaseModel,
    ReleasesFile,
    SourcesFile,
    Strict,
    UpgradesFile,
)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # mypy cannot follow a chosen base
    """Leaves dates as text: an impossible one must become a problem of its key, not an exception of the parser."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def validated(texts: dict[str, bytes]) -> dict[str, Any]:
    """The files' content as plain JSON values, ranges resolved. DataError with all problems if there is any."""
    problems: list[Problem] = []
    files: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            files[name] = FILES[name].model_validate(yaml.load(text, Loader=Loader))
        except yaml.YAMLError as error:
            problems.append(Problem(f"{name}.yaml", "", f"is not YAML: {' '.join(str(error).split())}"))
        except ValidationError as error:
            problems.extend(_told(f"{name}.yaml", error))
    if not problems:
        problems.extend(_links(files))
    if problems:
        raise DataError(problems)
    return _resolved(files)


def _told(file: str, error: ValidationError) -> Iterator[Problem]:
    for found in error.errors(include_url=False):
        key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found["loc"]).lstrip(".")
        yield Problem(file, key, found["msg"].removeprefix("Value error, "))


def _links(files: dict[str, Any]) -> Iterator[Problem]:
    """What the files say of each other: sources that exist and are used, releases and issues that exist, order."""
    releases: ReleasesFile = files["releases"]
    known = {(r.product.value, r.release) for r in releases.releases}
    sources: SourcesFile = files["sources"]
    used = set[str]()
    for file, key, keys in _named_sources(files):
        used.update(keys)
        yield from (
            Problem(file, key, f'"{name}" is no source: a key of sources.yaml is allowed')
            for name in keys
            if name not in sources.sources
        )
    yield from (
        Problem("sources.yaml", f"sources.{name}", "is used by no fact") for name in sources.sources if name not in used
    )
    yield from _facts(releases)
    yield from _order(releases)
    yield from _unknown_releases(files, known)
    yield from _unknown_blockers(files["upgrades"], files["issues"])
    yield from _empty_ranges(files, releases)


def _named_sources(files: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    releases: ReleasesFile = files["releases"]
    listed: ListFile = files["list"]
    yield "releases.yaml", "source", [releases.source]
    yield "list.yaml", "source", [listed.source]
    for at, release in enumerate(releases.releases):
        for key, fact in _dates(release):
            yield "releases.yaml", f"releases[{at}].{key}.sources", fact.sources
    plural: tuple[tuple[str, str, Iterable[Strict], str], ...] = (
        ("list.yaml", "rows", listed.rows, "sources"),
        ("issues.yaml", "issues", files["issues"].issues, "links"),
        ("features.yaml", "features", files["features"].features, "sources"),
        ("upgrades.yaml", "hops", files["upgrades"].hops, "sources"),
    )
    for file, section, items, field in plural:
        for at, item in enumerate(items):
            yield file, f"{section}[{at}].{field}", getattr(item, field)


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


def _facts(releases: ReleasesFile) -> Iterator[Problem]:
    for at, release in enumerate(releases.releases):
        for key, fact in _dates(release):
            if fact.day is not None and not (fact.sources and fact.confidence):
                yield Problem("releases.yaml", f"releases[{at}].{key}", "a date needs its sources and its confidence")


def _order(releases: ReleasesFile) -> Iterator[Problem]:
    seen = set[tuple[str, str]]()
    for at, release in enumerate(releases.releases):
        if (release.product.value, release.release) in seen:
            yield Problem("releases.yaml", f"releases[{at}]", f"{release.name} is there twice")
        seen.add((release.product.value, release.release))
        life = release.lifecycle
        if life.maintenance_ends.day and life.eol.day and life.maintenance_ends.day > life.eol.day:
            yield Problem("releases.yaml", f"releases[{at}].lifecycle", "maintenance ends no later than eol")


def _unknown_releases(files: dict[str, Any], known: set[tuple[str, str]]) -> Iterator[Problem]:
    def missing(file: str, key: str, product: str, number: str) -> Iterator[Problem]:
        if (product, number) not in known:
            yield Problem(file, key, f"{product} {number} is no release of releases.yaml")

    listed: ListFile = files["list"]
    for at, row in enumerate(listed.rows):
        for number in row.releases:
            yield from missing("list.yaml", f"rows[{at}].releases", row.product, number)
        if (len(row.releases) > 1) != (row.label is not None):
            yield Problem(
                "list.yaml", f"rows[{at}].label", "a label is allowed, and needed, where a row has several releases"
            )
    issues: IssuesFile = files["issues"]
    for at, issue in enumerate(issues.issues):
        for product, conditions in issue.conditions.items():
            for number in conditions:
                yield from missing("issues.yaml", f"issues[{at}].conditions", product, number)
    features: FeaturesFile = files["features"]
    for at, feature in enumerate(features.features):
        for product, support in feature.support.items():
            key = f"features[{at}].support.{product}"
            if (support.availability is Availability.FROM) != (support.release is not None):
                yield Problem("features.yaml", key, 'a release is allowed, and needed, with availability "from"')
            if support.release:
                yield from missing("features.yaml", key, product, support.release)
    upgrades: UpgradesFile = files["upgrades"]
    for at, hop in enumerate(upgrades.hops):
        yield from missing("upgrades.yaml", f"hops[{at}].to", hop.to.product, hop.to.release)


def _unknown_blockers(upgrades: UpgradesFile, issues: IssuesFile) -> Iterator[Problem]:
    ids = [issue.id for issue in issues.issues]
    for at, name in enumerate(ids):
        if name.casefold() in (other.casefold() for other in ids[:at]):
            yield Problem("issues.yaml", f"issues[{at}].id", f"{name} is there twice")
    for at, hop in enumerate(upgrades.hops):
        for name in hop.blockers:
            if name not in ids:
                yield Problem("upgrades.yaml", f"hops[{at}].blockers", f'"{name}" is no issue of issues.yaml')


def _empty_ranges(files: dict[str, Any], releases: ReleasesFile) -> Iterator[Problem]:
    """A range that holds no release is a typing mistake."""
    for at, issue in enumerate(files["issues"].issues):
        for product, text in issue.affects.items():
            if not _in_range(releases, product, text):
                yield Problem("issues.yaml", f"issues[{at}].affects.{product}", f'no release is in "{text}"')
    for at, hop in enumerate(files["upgrades"].hops):
        if not _in_range(releases, hop.product, hop.start):
            yield Problem("upgrades.yaml", f"hops[{at}].start", f'no release is in "{hop.start}"')


def _in_range(releases: ReleasesFile, product: str, text: str) -> list[str]:
    wanted = SpecifierSet(text)
    return [r.release for r in releases.releases if r.product == product and (r.compares_as or r.release) in wanted]


def _resolved(files: dict[str, Any]) -> dict[str, Any]:
    """Plain JSON values, with the releases that a range holds in place of the range."""
    releases: ReleasesFile = files["releases"]
    raw = {name: file.model_dump(mode="json") for name, file in files.items()}
    for issue in raw["issues"]["issues"]:
        issue["affects"] = {p: _in_range(releases, p, text) for p, text in issue["affects"].items()}
    for hop in raw["upgrades"]["hops"]:
        hop["start"] = _in_range(releases, hop["product"], hop["start"])
    return raw
