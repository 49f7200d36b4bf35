"""The releases' dates as endoflife.date's API v1 has them (its /products/full), for programs that read that."""

from datetime import date
from typing import Any, NamedTuple

from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release

Data = dict[str, Any]

SCHEMA = "1.2.1"
"""The version of their schema that this follows: https://endoflife.date/docs/api/v1/openapi.yml."""

_OVER = (LifecycleStage.MAINTENANCE, LifecycleStage.EOL)


class _About(NamedTuple):
    """A product's own name there, and its other ones."""

    name: str
    aliases: tuple[str, ...]


_PRODUCTS = {
    Product.XCP_NG: _About("xcp-ng", ("xcpng",)),
    Product.XENSERVER: _About("xenserver", ("citrix-hypervisor",)),
}


def endoflife(matrix: Matrix, day: date) -> Data:
    """Both products with every release that has a day or a month of release, newest first, as they are on a day.

    The same data gives the same document all day long: it is `generated_at` that day's beginning.
    """
    return {
        "schema_version": SCHEMA,
        "generated_at": f"{day.isoformat()}T00:00:00Z",
        "total": len(_PRODUCTS),
        "result": [_product(matrix, product, day) for product in _PRODUCTS],
    }


def _product(matrix: Matrix, product: Product, day: date) -> Data:
    # Their schema wants a day of release, and a day made up would be worse than a release that is missing.
    releases = [release for release in matrix.of(product) if release.lifecycle.released]
    has_phase = any(release.lifecycle.maintenance_ends for release in releases)
    has_months = any(release.lifecycle.released and not release.lifecycle.released.day for release in releases)
    page = next((source.url for release in releases for source in release.sources if source.url), None)
    about = _PRODUCTS[product]
    return {
        "name": about.name,
        "label": product.value,
        "aliases": list(about.aliases),
        "category": "os",
        "tags": ["os"],
        "versionCommand": None,
        "identifiers": [],
        "labels": {
            "eoas": "Maintenance" if has_phase else None,
            "discontinued": None,
            "eol": "Security updates",
            "eoes": None,
        },
        "links": {"icon": None, "html": page, "releasePolicy": page},
        "releases": [_release(release, day, has_phase, has_months) for release in releases],
    }


def _release(release: Release, day: date, has_phase: bool, has_months: bool) -> Data:
    """A release. The field `custom` says of which one only the month is known: the schema has room for days alone."""
    life, stage = release.lifecycle, release.lifecycle.stage(day)
    phase = {"isEoas": stage in _OVER, "eoasFrom": _text(life.maintenance_ends)} if has_phase else {}
    month = str(life.released) if life.released and not life.released.day else None
    lts_from_the_start = life.released is not None and life.lts_since == life.released.earliest
    return {
        "name": release.number,
        "codename": release.codenames[0] if release.codenames else None,
        "label": release.name(day),
        "releaseDate": _text(life.released.earliest if life.released else None),
        "isLts": life.is_lts(day),
        "ltsFrom": _text(life.lts_since if life.is_lts(day) and not lts_from_the_start else None),
        **phase,
        "isEol": stage is LifecycleStage.EOL,
        "eolFrom": _text(life.eol),
        "isMaintained": stage is not LifecycleStage.EOL,
        "latest": _latest(release, day),
        "custom": {"releaseMonth": month} if has_months else None,
    }


def _latest(release: Release, day: date) -> Data | None:
    """The last pack that was out on the day. Numbered ones only: 6.0.2's Common Criteria edition follows nothing."""
    out = (level for level in release.levels if level.lifecycle.stage(day) is not LifecycleStage.UPCOMING)
    packs = [level for level in out if level.name[-1].isdecimal()]
    if not packs:
        return None
    name, released = packs[-1].name, packs[-1].lifecycle.released
    return {
        "name": name if name.startswith(release.number) else f"{release.number} {name}",
        "date": _text(released.earliest if released and released.day else None),
        "link": None,
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
