"""The shape of data/advisories.yaml and data/orchestras.yaml, and what must hold of them together.

Loaded only where YAML is checked: when the package is built, and in a checkout after an edit.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import Field, StringConstraints

from bot.advisories.advisory import AdvisoryKind, AffectedProduct, Certainty, Component, ShownBy
from bot.advisories.rpm_version import compare_builds, compare_versions
from bot.errors import DataError, Problem
from bot.matrix.validate import Loader, Number, ReleasesFile, SourceKeys, SourceModel, Strict, Text, read_file

Kinds = Annotated[list[AdvisoryKind], Field(min_length=1)]
AdvisoryId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-?[A-Za-z0-9]+)+$")]
Build = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*(-[0-9]+(\.[0-9]+)*)?$")]
ServerNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
HotfixName = Annotated[str, StringConstraints(pattern=r"^XS[0-9A-Z]+$")]
Cpu = Annotated[str, StringConstraints(pattern=r"^(Intel|AMD)$")]


class LevelsModel(Strict):
    """What the values of a field prove; see bot/advisories/advisory.py."""

    field: ShownBy
    fixed_from: Build | None = None
    cannot_tell: list[Build] = Field(default_factory=list)
    unknown_from: Build | None = None
    vulnerable_up_to: Build | None = None
    built_before: date | None = None
    likely_built_from: date | None = None


class PackageModel(Strict):
    """A package with the fix."""

    name: Text
    version: Text | None = None
    built: date | None = None
    note: Text | None = None


class AffectedModel(Strict):
    """What an advisory means to a release of a product. `hotfix` is the first one with the fix."""

    product: AffectedProduct
    release: Number | None = None
    affected: bool | None
    inferred: bool = False
    cpu: Cpu | None = None
    needs: Text | None = None
    packages: list[PackageModel] = Field(default_factory=list)
    hotfix: HotfixName | None = None
    never_fixed: bool = False
    bulletin: AdvisoryId | None = None
    fixed_in: ServerNumber | None = None
    operator_fills: bool = False
    levels: LevelsModel | None = None
    note: Text | None = None


class RatingModel(Strict):
    """A score or a word of somebody else."""

    by: Text
    value: Text
    vector: Text | None = None


class AdvisoryModel(Strict):
    """One advisory; its first id is what it is called by."""

    ids: Annotated[list[AdvisoryId], Field(min_length=1)]
    title: Text
    published: date
    component: Component
    kinds: Kinds
    attacker: Text | None
    exploited: bool | None
    ratings: list[RatingModel] = Field(default_factory=list)
    upstream_affected: Text | None = None
    upstream_fixed_in: Text | None = None
    needs_microcode: bool = False
    pull_requests: list[Annotated[int, Field(gt=0)]] = Field(default_factory=list)
    affects: Annotated[list[AffectedModel], Field(min_length=1)]
    mitigation: Text | None
    note: Text | None = None
    sources: SourceKeys
    confidence: Certainty
    unsure_of: Text | None = None


class HotfixModel(Strict):
    """A named update of Citrix Hypervisor 8.2 CU1."""

    name: HotfixName
    component: Component
    level: Text | None


class AdvisoriesFile(Strict):
    """data/advisories.yaml: newest first; hotfixes in their order."""

    day: date
    hotfixes: list[HotfixModel]
    sources: dict[Text, SourceModel]
    advisories: list[AdvisoryModel]


class OrchestraReleaseModel(Strict):
    """A release of Xen Orchestra."""

    release: ServerNumber
    released: date
    xo_server: ServerNumber | None
    rest_api: ServerNumber | None


class OrchestrasFile(Strict):
    """data/orchestras.yaml: newest first."""

    day: date
    sources: Annotated[list[SourceModel], Field(min_length=1)]
    releases: Annotated[list[OrchestraReleaseModel], Field(min_length=1)]


class AdvisoryFiles(NamedTuple):
    """What is checked together; of the releases only which there are."""

    advisories: AdvisoriesFile
    orchestras: OrchestrasFile
    releases: ReleasesFile


def validated(texts: dict[str, bytes]) -> dict[str, Any]:
    """The content of the files (by name, without .yaml) as plain JSON values, without the releases, and with all
    hotfixes that hold a fix in place of the first. DataError with all problems, and their lines, if there is any."""
    problems: list[Problem] = []
    models = {
        name: read_file(name, text, AdvisoryFiles.__annotations__[name], problems) for name, text in texts.items()
    }
    if not problems:
        files = AdvisoryFiles(**models)
        for check in _CHECKS:
            problems.extend(check(files))
    if problems:
        raise DataError(_with_lines(problems, texts))
    raw = {name: models[name].model_dump(mode="json") for name in ("advisories", "orchestras")}
    for advisory in raw["advisories"]["advisories"]:
        for affected in advisory["affects"]:
            affected["hotfixes"] = _holding(files, affected.pop("hotfix"))
    return raw


def _with_lines(problems: list[Problem], texts: dict[str, bytes]) -> Iterator[Problem]:
    """The problems with the lines on which what their keys name begins, or the nearest thing around it."""
    roots: dict[str, yaml.Node | None] = {}
    for problem in problems:
        name = problem.file.removesuffix(".yaml")
        try:
            if name not in roots:
                roots[name] = yaml.compose(texts[name], Loader=Loader)
            yield problem._replace(line=_line(roots[name], problem.key))
        except yaml.MarkedYAMLError as error:
            yield problem._replace(line=error.problem_mark.line + 1 if error.problem_mark else None)
        except yaml.YAMLError:
            yield problem


def _line(node: yaml.Node | None, key: str) -> int | None:
    line: int | None = None
    for step in re.findall(r"[^.\[\]]+", key):
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == step), None)
            if not found:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _holding(files: AdvisoryFiles, first: str | None) -> list[str]:
    """The hotfix with the first fix of something, and the later ones of the same package, which hold it too."""
    hotfixes = files.advisories.hotfixes
    at = next((at for at, hotfix in enumerate(hotfixes) if hotfix.name == first), len(hotfixes))
    return [each.name for each in hotfixes[at:] if each.component.package == hotfixes[at].component.package]


def _each(files: AdvisoryFiles) -> Iterator[tuple[str, AdvisoryModel, AffectedModel]]:
    """What every advisory means to every product, with its key."""
    for at, advisory in enumerate(files.advisories.advisories):
        for place, affected in enumerate(advisory.affects):
            yield f"advisories[{at}].affects[{place}]", advisory, affected


def _check_sources(files: AdvisoryFiles) -> Iterator[Problem]:
    """Sources that are named exist, and those that exist are used."""
    used = set[str]()
    for at, advisory in enumerate(files.advisories.advisories):
        used.update(advisory.sources)
        for name in advisory.sources:
            if name not in files.advisories.sources:
                what = f'"{name}" is no source: a key of `sources` is allowed'
                yield Problem(_ADVISORIES, f"advisories[{at}].sources", what)
    for name in files.advisories.sources:
        if name not in used:
            yield Problem(_ADVISORIES, f"sources.{name}", "is used by no advisory")


def _check_order(files: AdvisoryFiles) -> Iterator[Problem]:
    """Ids stand once (a bulletin may be of several advisories), the newest one is first, and so is the gravest kind."""
    seen = set[str]()
    kinds = list(AdvisoryKind)
    newest = files.advisories.day
    for at, advisory in enumerate(files.advisories.advisories):
        key = f"advisories[{at}]"
        for place, name in enumerate(advisory.ids):
            if name in seen and (place == 0 or name.startswith(("XSA-", "CVE-", "VSA-", "GHSA-"))):
                yield Problem(_ADVISORIES, f"{key}.ids", f"{name} is there twice")
        seen.update(advisory.ids)
        if advisory.published > newest:
            yield Problem(_ADVISORIES, f"{key}.published", f"no day after {newest} is allowed here: newest first")
        newest = advisory.published
        if advisory.kinds != sorted(set(advisory.kinds), key=kinds.index):
            yield Problem(_ADVISORIES, f"{key}.kinds", "each kind once, gravest first, is allowed")


def _check_products(files: AdvisoryFiles) -> Iterator[Problem]:
    """Each release is there, and of an advisory once; only Xen Orchestra has none."""
    releases = {(release.product.value, release.release) for release in files.releases.releases}
    seen = set[tuple[int, str, str | None]]()
    for key, advisory, affected in _each(files):
        of_orchestra = affected.product is AffectedProduct.XEN_ORCHESTRA
        if of_orchestra != (affected.release is None) or of_orchestra != (advisory.component is Component.XO):
            what = "a release is allowed, and needed, for all but Xen Orchestra, whose component is xo"
            yield Problem(_ADVISORIES, f"{key}.release", what)
        elif not of_orchestra and (affected.product.value, affected.release) not in releases:
            yield Problem(_ADVISORIES, f"{key}.release", f"{affected.product} {affected.release} is no release")
        which = (id(advisory), affected.product.value, affected.release)
        if which in seen:
            yield Problem(_ADVISORIES, key, f"{affected.product} {affected.release or ''}".strip() + " is there twice")
        seen.add(which)


def _check_fixes(files: AdvisoryFiles) -> Iterator[Problem]:
    """What was never fixed has no fix, and a fix's hotfix is one of its package, at its level or above."""
    hotfixes = {hotfix.name: hotfix for hotfix in files.advisories.hotfixes}
    names = list(hotfixes)
    if names != sorted(names) or len(names) != len(files.advisories.hotfixes):
        yield Problem(_ADVISORIES, "hotfixes", "each name once, in their order, is allowed")
    for key, advisory, affected in _each(files):
        if affected.never_fixed and (
            affected.levels or affected.packages or affected.hotfix or affected.affected is False
        ):
            what = "is allowed only where there is no fix, and where it is affected, or that is not known"
            yield Problem(_ADVISORIES, f"{key}.never_fixed", what)
        if affected.operator_fills and not (affected.levels and affected.levels.fixed_from is None):
            what = "is allowed only where no xo-server with the fix is known"
            yield Problem(_ADVISORIES, f"{key}.operator_fills", what)
        if affected.hotfix is None:
            continue
        hotfix = hotfixes.get(affected.hotfix)
        level = affected.levels.fixed_from if affected.levels else None
        if not hotfix or hotfix.component.package != advisory.component.package:
            what = f"{affected.hotfix} is no hotfix of {advisory.component.package}: one of `hotfixes` is allowed"
            yield Problem(_ADVISORIES, f"{key}.hotfix", what)
        elif level and hotfix.level and compare_builds(hotfix.level, level) < 0:
            yield Problem(_ADVISORIES, f"{key}.hotfix", f"{hotfix.name} brings {hotfix.level}, which is below {level}")


_FORMS = {
    ShownBy.XEN: (re.compile(r"[0-9]+(\.[0-9]+){2}-[0-9]+(\.[0-9]+)*"), "a build such as 4.17.6-9"),
    ShownBy.XAPI: (re.compile(r"[0-9]+(\.[0-9]+){2}"), "a version such as 26.1.4"),
    ShownBy.XO_SERVER: (re.compile(r"[0-9]+(\.[0-9]+){2}"), "a version such as 5.207.2"),
    ShownBy.XAPI_BUILT: (re.compile("(?!)"), "no value, only days,"),
}


def _check_levels(files: AdvisoryFiles) -> Iterator[Problem]:
    """A field's values have its form and stand in an order in which nothing is fixed and not fixed."""
    for key, _, affected in _each(files):
        if (affected.product is AffectedProduct.XEN_ORCHESTRA) != bool(
            affected.levels and affected.levels.field is ShownBy.XO_SERVER
        ):
            what = "system.getServerVersion is allowed, and needed, for Xen Orchestra alone"
            yield Problem(_ADVISORIES, f"{key}.levels", what)
        if affected.levels:
            for what in _wrong_with(affected.levels):
                yield Problem(_ADVISORIES, f"{key}.levels", what)


def _wrong_with(levels: LevelsModel) -> Iterator[str]:
    if levels.field not in _FORMS:
        yield f"{levels.field} is no field that has levels"
        return
    form, allowed = _FORMS[levels.field]
    ends = [each for each in (levels.fixed_from, levels.unknown_from, levels.vulnerable_up_to) if each]
    for value in (*levels.cannot_tell, *ends):
        if not form.fullmatch(value):
            yield f'{allowed} is allowed for {levels.field}, not "{value}"'
            return
    if levels.fixed_from:
        for value in (*levels.cannot_tell, *ends[1:]):
            if compare_builds(value, levels.fixed_from) >= 0:
                yield f"{value} is not below {levels.fixed_from}, from which on it is fixed"
    days = (levels.built_before, levels.likely_built_from)
    if any(days) and levels.field not in (ShownBy.XAPI, ShownBy.XAPI_BUILT):
        yield "a day of building is allowed for xapi alone"
    if all(days) and str(days[0]) > str(days[1]):
        yield "built_before is allowed no later than likely_built_from"
    if not (levels.cannot_tell or ends or any(days)):
        yield "something that the field shows is needed"


def _check_orchestras(files: AdvisoryFiles) -> Iterator[Problem]:
    """Releases stand once, newest first, a later one has no older xo-server, and a fix's release has its number."""
    servers: dict[str, str | None] = {}
    newest = files.orchestras.day
    for at, release in enumerate(files.orchestras.releases):
        if release.release in servers:
            yield Problem(_ORCHESTRAS, f"releases[{at}].release", f"{release.release} is there twice")
        servers[release.release] = release.xo_server
        if release.released > newest:
            yield Problem(_ORCHESTRAS, f"releases[{at}].released", f"no day after {newest} is allowed: newest first")
        newest = release.released
    last = ""
    for number in sorted(servers, key=lambda number: [int(part) for part in number.split(".")]):
        server = servers[number]
        if server and compare_versions(server, last) <= 0:
            yield Problem(_ORCHESTRAS, "releases", f"{number} has {server}, which is not above {last} of an older one")
        last = server or last
    for key, _, affected in _each(files):
        if (
            affected.fixed_in in servers
            and affected.levels
            and servers[affected.fixed_in] != affected.levels.fixed_from
        ):
            what = f"{servers[affected.fixed_in]} is needed: orchestras.yaml has it for {affected.fixed_in}"
            yield Problem(_ADVISORIES, f"{key}.levels.fixed_from", what)


_ADVISORIES, _ORCHESTRAS = "advisories.yaml", "orchestras.yaml"
_CHECKS: tuple[Callable[[AdvisoryFiles], Iterator[Problem]], ...] = (
    _check_sources,
    _check_order,
    _check_products,
    _check_fixes,
    _check_levels,
    _check_orchestras,
)
