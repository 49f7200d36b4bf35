"""All watched hosts as a file for other programs: CSV for a spreadsheet, JSON as `fleet --json` has it."""

import csv
import io
import json
import os
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from bot.chat.command import Ports
from bot.chat.data import Data, assessment_data
from bot.chat.filter import fleet_filter, take_words
from bot.chat.hosts import Listed, fleet_data, hosts_with_verdicts, watched_of
from bot.chat.verdict import recommendation
from bot.errors import UnavailableError, UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.matrix import Matrix
from bot.query.text import shown

Format = Literal["csv", "json"]
Cell = str | int | bool | None

HEADER = (
    "pool", "pool_uuid", "host", "uuid", "address", "product_brand", "product_version", "build", "release", "support",
    "official_support", "stage", "eol_on", "maintenance_ends_on", "days_left", "next_step", "enabled",
    "reboot_required", "reachable", "unreachable_since", "observed_at", "targets", "tags",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula."""

CELL_MAX = 1_000


def export(ports: Ports, words: str, day: date, form: str) -> str:
    """The hosts for which all words hold, the worst first. UsageError for words that are none."""
    watched = watched_of(ports)
    rest, named_day = take_words(words)
    every = hosts_with_verdicts(ports, watched, named_day or day)
    narrow = fleet_filter(ports.reader, rest, every, watched.sources)
    if narrow.unknown:
        near = f" Near: {', '.join(narrow.near)}." if narrow.near else ""
        raise UsageError(f"Hosts can't be chosen by {', '.join(narrow.unknown)}.{near} `xocompat help fleet` has more.")
    listed = [each for each in every if narrow.holds(each)]
    if form == "json":
        data = {"as_of": (named_day or day).isoformat(), "hosts": fleet_data(listed, named_day or day)}
        return f"{json.dumps(data, indent=2)}\n"
    return as_csv(listed)


def as_csv(listed: Iterable[Listed]) -> str:
    """A line for each host below a header. Text is printable; what would be a formula has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([cell(value) for value in _cells(each)] for each in listed)
    return text.getvalue()


def _cells(listed: Listed) -> tuple[Cell, ...]:
    seen, host, verdict = listed.watched, listed.watched.host, listed.judged.assessment
    life = verdict.release.lifecycle if verdict else None
    return (
        listed.pool, seen.pool.uuid, host.name, host.uuid, host.address, host.product_brand, host.product_version,
        host.build,
        verdict.name if verdict else None,
        verdict.support.level.value if verdict else None,
        verdict.support.official if verdict else None,
        verdict.stage.value if verdict else None,
        str(life.eol) if life and life.eol else None,
        str(life.maintenance_ends) if life and life.maintenance_ends else None,
        verdict.days_left if verdict else None,
        recommendation(verdict) if verdict else None,
        host.enabled, host.reboot_required, seen.is_reachable, _iso(seen.unreachable_since), _iso(seen.observed_at),
        " ".join(seen.sources), " ".join(sorted(listed.tags)),
    )  # fmt: skip


def cell(value: Cell) -> str:
    """A cell of CSV: nothing for None, printable text, an apostrophe before what would be a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    text = shown(value, CELL_MAX)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _iso(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def save(text: str, path: Path, force: bool) -> None:
    """Write a file whole or not at all. UsageError if it is there already, UnavailableError if it can't be written."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: give another name, or --force to write over it.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("x", encoding="utf-8", errors="replace", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(f"{path} can't be written: {error.strerror or error}.") from error


RELEASE_HEADER = (
    "product", "release", "name", "support", "official_support", "extra_features", "stage", "released_on",
    "maintenance_ends_on", "eol_on", "lts", "days_left", "aliases", "codenames", "note",
)  # fmt: skip

_FIELDS = ("product", "release", "name", "support", "lifecycle")


def releases_csv(matrix: Matrix, day: date) -> str:
    """A line for each release below a header, as `timeline` has them. Dates are YYYY-MM-DD, or YYYY-MM; empty: unknown.

    Several names of a release are separated by "; ".
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RELEASE_HEADER)
    writer.writerows([cell(value) for value in _values(assess(matrix, release, day))] for release in matrix.releases)
    return text.getvalue()


def _values(assessment: Assessment) -> tuple[str | int | bool | None, ...]:
    release, data = assessment.release, assessment_data(assessment)
    support, life = data["support"], data["lifecycle"]
    return (
        data["product"], data["release"], data["name"], support["level"], support["official"],
        support["extra_features"], life["stage"], life["released_on"], life["maintenance_ends_on"], life["eol_on"],
        life["lts"], life["days_left"], "; ".join(release.aliases), "; ".join(release.codenames), release.note,
    )  # fmt: skip


def releases_data(matrix: Matrix, day: date) -> Data:
    """The same as values, each release with the fields that it has in a look-up."""
    return {"as_of": day.isoformat(), "releases": [_data(assess(matrix, release, day)) for release in matrix.releases]}


def _data(assessment: Assessment) -> Data:
    release, whole = assessment.release, assessment_data(assessment)
    names = {"aliases": list(release.aliases), "codenames": list(release.codenames), "note": release.note}
    return {**{field: whole[field] for field in _FIELDS}, **names}
