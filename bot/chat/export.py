"""Hosts and releases as files for other programs: CSV for a spreadsheet, Markdown, JSON as `fleet --json` has it."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from bot.catalogue import say
from bot.chat.command import Ports
from bot.chat.data import Data, assessment_data
from bot.chat.filter import fleet_filter, take_words
from bot.chat.hosts import fleet_data, hosts_with_verdicts, watched_of
from bot.chat.verdict import recommendation
from bot.chat.wording import iso, nearest
from bot.errors import UnavailableError, UsageError
from bot.fleet.verdicts import HostVerdict
from bot.matrix.assess import Assessment, assess
from bot.matrix.matrix import Matrix
from bot.text import shown

Cell = str | int | bool | None

HEADER = (
    "pool", "pool_uuid", "host", "uuid", "address", "product_brand", "product_version", "build", "release", "support",
    "official_support", "stage", "eol_on", "maintenance_ends_on", "days_left", "next_step", "enabled",
    "reboot_required", "reachable", "unreachable_since", "observed_at", "targets", "tags",
    "power",
)  # fmt: skip

_FORMULA = re.compile(r"(^|;)(?=[\s\"]*[=+\-@＝＋－＠﹦﹢﹣﹫])")
"""Where a spreadsheet sees the beginning of a formula: at that of a cell, which is behind a `;` for many countries'."""

PRIVATE, PUBLIC = 0o600, 0o666
"""Modes of files: of those that name hosts, and of others, from which the umask takes what it takes."""

CELL_MAX = 1_000


Row = tuple[Cell, ...]


def export(ports: Ports, words: str, day: date, form: str) -> str:
    """The hosts for which all words hold, the worst first, as `csv`, `md` or `json`. UsageError for words that are
    none."""
    watched = watched_of(ports)
    rest, named_day = take_words(words, day)
    every = hosts_with_verdicts(ports, watched, named_day or day)
    wanted = fleet_filter(ports.reader, rest, every, watched.sources)
    if wanted.unknown:
        cannot = say("Hosts can't be chosen by {words}.", words=", ".join(wanted.unknown))
        more = say("`xocompat help fleet` has more.")
        raise UsageError(f"{cannot}{nearest(wanted.near)} {more}")
    hosts = [each for each in every if wanted.holds(each)]
    if form == "json":
        return f"{json.dumps(dict(fleet_data(hosts, named_day or day)), indent=2)}\n"
    return as_csv(hosts) if form == "csv" else markdown_table(HEADER, _host_rows(hosts))


def as_csv(hosts: Iterable[HostVerdict]) -> str:
    """A line for each host below a header. Text is printable; what would be a formula has an apostrophe before it."""
    return csv_table(HEADER, _host_rows(hosts))


def _host_rows(hosts: Iterable[HostVerdict]) -> Iterator[Row]:
    for verdict in hosts:
        seen, host, assessment = verdict.host, verdict.host.host, verdict.assessment
        life = assessment.release.lifecycle if assessment and not verdict.is_prerelease else None
        yield (
            seen.pool.name or verdict.pool_name, seen.pool.uuid, host.name, host.uuid, host.address, host.product_brand,
            host.product_version, host.build,
            assessment.name if assessment else None,
            assessment.support.level.value if assessment else None,
            assessment.support.official if assessment else None,
            assessment.stage.value if assessment else None,
            str(life.eol) if life and life.eol else None,
            str(life.maintenance_ends) if life and life.maintenance_ends else None,
            assessment.days_left if assessment else None,
            recommendation(assessment) if assessment else None,
            host.enabled, host.reboot_required, seen.is_reachable,
            iso(away) if (away := seen.unreachable_since or seen.down_since) else None,
            iso(seen.observed_at),
            " ".join(seen.sources), " ".join(sorted(verdict.tags)),
            seen.power.value,
        )  # fmt: skip


def csv_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """CSV with a line for each row below a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The same as a table of Markdown, sign for sign."""
    lines = [header, ["---"] * len(header), *([_text(value).translate(MARKDOWN) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#~"})
"""What has text shown as it is in Markdown."""


def cell(value: Cell) -> str:
    """A cell of CSV: nothing for None, printable text, an apostrophe before what would be a formula."""
    return _FORMULA.sub(r"\1'", _text(value)) if isinstance(value, str) else _text(value)


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else shown(value, CELL_MAX)


def save(content: str | bytes, path: Path, force: bool, mode: int = PRIVATE) -> None:
    """Write a file whole or not at all, with a mode, whatever that of one in its place was.

    UsageError if it is there already, UnavailableError if it can't be written.
    """
    if path.exists() and not force:
        raise UsageError(
            say("{path} is there already: give another name, or --force to write over it.", path=str(path))
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(descriptor, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def save_folder(files: Mapping[str, str], folder: Path, force: bool) -> None:
    """Write files, by their paths, below a folder, which is made. For everybody to read, so nothing secret is in them.

    UsageError if something is in the folder already, UnavailableError if one can't be written.
    """
    try:
        if folder.exists() and not (folder.is_dir() and (force or not any(folder.iterdir()))):
            raise UsageError(
                say(
                    "{folder} is there already: give another name, or --force to write over what is in it.",
                    folder=str(folder),
                )
            )
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            save(text, folder / name, True, PUBLIC)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: OSError) -> UnavailableError:
    reason = error.strerror or str(error)
    return UnavailableError(say("{path} can't be written: {reason}.", path=str(path), reason=reason))


RELEASE_HEADER = (
    "product", "release", "name", "support", "official_support", "extra_features", "stage", "released_on",
    "maintenance_ends_on", "eol_on", "lts", "days_left", "aliases", "codenames", "note",
)  # fmt: skip

_FIELDS = ("product", "release", "name", "support", "lifecycle")


def releases_csv(matrix: Matrix, day: date) -> str:
    """A line for each release below a header, as `timeline` has them. Dates are YYYY-MM-DD, or YYYY-MM; empty: unknown.

    Several names of a release are separated by "; ".
    """
    return csv_table(RELEASE_HEADER, _release_rows(matrix, day))


def releases_markdown(matrix: Matrix, day: date) -> str:
    """The same as a table of Markdown."""
    return markdown_table(RELEASE_HEADER, _release_rows(matrix, day))


def _release_rows(matrix: Matrix, day: date) -> Iterator[Row]:
    for release in matrix.releases:
        names = "; ".join(release.aliases), "; ".join(release.codenames), release.note
        yield (*_verdict_row(assess(matrix, release, day)), *names)


VERDICT_HEADER = RELEASE_HEADER[:-3]


def verdict_rows(assessed: Iterable[Assessment]) -> Iterator[Row]:
    """Verdicts below VERDICT_HEADER, in their order."""
    return map(_verdict_row, assessed)


def _verdict_row(assessment: Assessment) -> Row:
    data = assessment_data(assessment)
    support, life = data["support"], data["lifecycle"]
    return (
        data["product"], data["release"], data["name"], support["level"], support["official"],
        support["extra_features"], life["stage"], life["released_on"], life["maintenance_ends_on"], life["eol_on"],
        life["lts"], life["days_left"],
    )  # fmt: skip


def releases_data(matrix: Matrix, day: date) -> Data:
    """The same as values, each release with the fields that it has in a look-up."""
    releases = []
    for release in matrix.releases:
        whole = assessment_data(assess(matrix, release, day))
        names = {"aliases": list(release.aliases), "codenames": list(release.codenames), "note": release.note}
        releases.append({**{field: whole[field] for field in _FIELDS}, **names})
    return {"as_of": day.isoformat(), "releases": releases}
