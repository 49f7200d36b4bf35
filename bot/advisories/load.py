"""Loads data/advisories.yaml and data/orchestras.yaml once they are asked for: a look-up of a release needs neither."""

from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import (
    Advisory,
    AdvisoryKind,
    AffectedProduct,
    AffectedRelease,
    Certainty,
    Component,
    CpuVendor,
    Hotfix,
    Levels,
    Package,
    Rating,
    ShownBy,
)
from bot.advisories.orchestra import OrchestraRelease, OrchestraReleases
from bot.matrix import compiled
from bot.matrix.compiled import DataPart, compile_part, load_part, shipped
from bot.matrix.matrix import Matrix
from bot.matrix.release import Citation

Raw = dict[str, Any]

NAMES = ("advisories", "orchestras", "releases")
"""The files of data/, in the order in which their problems are reported; releases.yaml to check the others against."""

COMPILED = "advisories.json"
"""The compiled file, beside the YAML that it was made from."""


def load_advisories(folder: Path | None = None) -> Advisories:
    """The advisories of a folder of data files (the shipped ones unless given). DataError lists every problem found."""
    return build(load_content(folder))


def load_content(folder: Path | None = None) -> Raw:
    """What `build` takes, of the same folder. DataError lists every problem found."""
    return load_part(advisories_part(), folder or shipped())


@lru_cache(maxsize=2)
def advisories_of(matrix: Matrix) -> Advisories:
    """The advisories that go with a Matrix: those that came in the same bundle of data, else those shipped."""
    return build(dict(matrix.advisories)) if matrix.advisories else _shipped()


@cache
def _shipped() -> Advisories:
    return load_advisories()


def compile_data(folder: Path) -> bytes:
    """Check the files in a folder and return what their compiled file should hold. DataError lists every problem."""
    return compile_part(advisories_part(), folder)


def build(raw: Raw) -> Advisories:
    """The advisories of validated data: the files' content by name, as plain JSON values."""
    content = raw["advisories"]
    sources = {key: Citation(source["title"], source["url"]) for key, source in content["sources"].items()}
    return Advisories(
        day=date.fromisoformat(content["day"]),
        every=tuple(_advisory(each, sources) for each in content["advisories"]),
        hotfixes=tuple(Hotfix(x["name"], Component(x["component"]), x["level"]) for x in content["hotfixes"]),
        orchestras=OrchestraReleases(
            tuple(
                OrchestraRelease(x["release"], date.fromisoformat(x["released"]), x["xo_server"], x["rest_api"])
                for x in raw["orchestras"]["releases"]
            )
        ),
    )


def _advisory(raw: Raw, sources: dict[str, Citation]) -> Advisory:
    return Advisory(
        id=raw["ids"][0],
        ids=tuple(raw["ids"]),
        title=raw["title"],
        published=date.fromisoformat(raw["published"]),
        component=Component(raw["component"]),
        kinds=tuple(map(AdvisoryKind, raw["kinds"])),
        attacker=raw["attacker"],
        exploited=raw["exploited"],
        affects=tuple(map(_affected, raw["affects"])),
        sources=tuple(sources[key] for key in raw["sources"]),
        confidence=Certainty(raw["confidence"]),
        unsure_of=raw["unsure_of"],
        mitigation=raw["mitigation"],
        note=raw["note"],
        ratings=tuple(Rating(**rating) for rating in raw["ratings"]),
        pull_requests=tuple(raw["pull_requests"]),
        needs_microcode=raw["needs_microcode"],
        upstream_affected=raw["upstream_affected"],
        upstream_fixed_in=raw["upstream_fixed_in"],
    )


_CPUS = {vendor.words: vendor for vendor in CpuVendor}


def _affected(raw: Raw) -> AffectedRelease:
    return AffectedRelease(
        product=AffectedProduct(raw["product"]),
        release=raw["release"],
        affected=raw["affected"],
        inferred=raw["inferred"],
        needs=raw["needs"],
        cpu=_CPUS[raw["cpu"]] if raw["cpu"] else None,
        levels=_levels(raw["levels"]) if raw["levels"] else None,
        packages=tuple(Package(x["name"], x["version"], _day(x["built"]), x["note"]) for x in raw["packages"]),
        hotfixes=tuple(raw["hotfixes"]),
        never_fixed=raw["never_fixed"],
        bulletin=raw["bulletin"],
        fixed_in=raw["fixed_in"],
        operator_fills=raw["operator_fills"],
        note=raw["note"],
    )


def _levels(raw: Raw) -> Levels:
    return Levels(
        field=ShownBy(raw["field"]),
        fixed_from=raw["fixed_from"],
        cannot_tell=tuple(raw["cannot_tell"]),
        unknown_from=raw["unknown_from"],
        vulnerable_up_to=raw["vulnerable_up_to"],
        built_before=_day(raw["built_before"]),
        likely_built_from=_day(raw["likely_built_from"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def advisories_part() -> DataPart:
    """What of data/ advisories are made of."""
    here, matrix = Path(__file__), Path(compiled.__file__)
    checkers = [here.with_name(f"{name}.py") for name in ("validate", "advisory", "rpm_version")]
    return DataPart(NAMES, COMPILED, list(map(str, (*checkers, matrix.with_name("validate.py")))), _validated)


def _validated(files: dict[str, bytes]) -> Raw:
    """As the module does that needs pydantic and YAML, which only a check of the YAML loads."""
    from bot.advisories import validate

    return validate.validated(files)
