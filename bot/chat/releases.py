"""All releases as a file for other programs: what the list and the vendors' dates say of each on a day."""

import csv
import io
from datetime import date

from bot.chat.data import Data, assessment_data
from bot.chat.export import cell
from bot.matrix.assess import Assessment, assess
from bot.matrix.known import Matrix

HEADER = (
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
    writer.writerow(HEADER)
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
