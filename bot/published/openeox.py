"""The releases' ends as OpenEoX Core records (OASIS Committee Specification Draft 01), and an index that says of what.

A core record has no identity by design: no product, no release. Its address or the index beside it says what it is of.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release

Data = dict[str, Any]

SPECIFICATION = "https://docs.oasis-open.org/openeox/eox-core/v1.0/csd01/eox-core-v1.0-csd01.html"
CORE = "https://docs.oasis-open.org/openeox/eox-core/v1.0/schema/core.json"
"""What a record's `$schema` must be since CSD01; the drafts before it had another one."""

SLUGS: Mapping[Product, str] = {Product.XCP_NG: "xcp-ng", Product.XENSERVER: "xenserver"}
"""Products as addresses and package URLs have them (of the type `generic`: none is registered for either)."""

INFERRED, STATED = "inferred", "stated"


def cores(matrix: Matrix) -> dict[str, Data]:
    """A core record by each release's name (without LTS, which comes and goes), newest first within each product.

    The same data gives the same records on every day. A release without a known end of life is left out: "to be
    announced" would be the vendor's word.
    """
    return {release.base_name: _core(matrix, release) for release in matrix.releases if release.lifecycle.eol}


def _core(matrix: Matrix, release: Release) -> Data:
    """The last day, to its end, and the first one from its beginning, as the schema describes them.

    The vendors give one date for the end of security fixes and of all support. The end of maintenance has no field:
    it is neither that of security fixes nor that of sales. A month is no day, so such a release has no first one.
    """
    life, ends = release.lifecycle, f"{release.lifecycle.eol}T23:59:59Z"
    first = {"general_availability": _begins(life.released)} if life.released and life.released.day else {}
    return {
        "$schema": CORE,
        **first,
        "end_of_security_support": ends,
        "end_of_life": ends,
        "last_updated": _begins(matrix.lifecycle_read_on),
    }


def _begins(day: object) -> str:
    return f"{day}T00:00:00Z"


def openeox_files(matrix: Matrix, day: date) -> dict[str, Data]:
    """A document for each file of a folder: `xcp-ng/8.3.json` and its likes, and `index.json`, which names them.

    `confidence` is "inferred" where no source states a date outright, else "stated".
    """
    known = [release for release in matrix.releases if release.lifecycle.eol]
    left_out = [release for release in matrix.releases if release.lifecycle.eol is None]
    index = {
        "generated_at": _begins(day),
        "spec": SPECIFICATION,
        "records": [_record(release) for release in known],
        "left_out": [{**_named(each), "why": "its end of life is not known"} for each in left_out],
    }
    return {**_by_file(matrix, known), "index.json": index}


def _by_file(matrix: Matrix, releases: Iterable[Release]) -> dict[str, Data]:
    return {_file(release): _core(matrix, release) for release in releases}


def _record(release: Release) -> Data:
    return {
        **_named(release),
        "name": release.base_name,
        "purl": purl(release.product, release.number),
        "href": _file(release),
        "sources": [{"title": source.title, "url": source.url} for source in release.sources],
        "confidence": {
            "end_of_life": INFERRED if "eol" in release.inferred else STATED,
            **({"general_availability": _released(release)} if release.lifecycle.released else {}),
        },
    }


def _released(release: Release) -> str:
    life = release.lifecycle
    if life.released and not life.released.day:
        return f"the month alone is known: {life.released}"
    return INFERRED if "released" in release.inferred else STATED


def _named(release: Release) -> Data:
    return {"product": release.product.value, "release": release.number}


def _file(release: Release) -> str:
    return f"{SLUGS[release.product]}/{release.number}.json"


def purl(product: Product, number: str | None = None) -> str:
    """The package URL of a product, or of one release of it."""
    return f"pkg:generic/{SLUGS[product]}{f'@{number}' if number else ''}"
