"""Second opinions on ends of life: XCP-ng's own table of releases, and endoflife.date. They never change a date."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product

Ends = Mapping[str, date]
"""Ends of life by a release's number."""

XCP_NG_TABLE = "https://raw.githubusercontent.com/xcp-ng/xcp-ng-org/master/docs/releases/releases.md"
ENDOFLIFE_DATE = "https://endoflife.date/api/v1/products/xcp-ng/"

_NUMBER = re.compile(r"\b(\d{1,2}\.\d{1,2})\b")
_STRUCK = re.compile(r"~~.*?~~|<s>.*?</s>|<del>.*?</del>")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class VendorDisagreement(NamedTuple):
    """An end of life that a source has on another day than the data."""

    release: str
    ours: date
    theirs: date


def ends_in_table(text: str) -> dict[str, date]:
    """From a Markdown table with a column `Version` and one `Support until`, whatever else its cells hold: links, bold,
    breaks, and struck-out days before the one that holds. Rows without a day are left out."""
    found: dict[str, date] = {}
    columns: dict[str, int] = {}
    for row in text.splitlines():
        cells = [_plain(cell) for cell in row.strip().strip("|").split("|")] if "|" in row else []
        names = {cell.casefold(): at for at, cell in enumerate(cells)}
        if "version" in names and "support until" in names:
            columns = names
        elif columns and len(cells) > max(columns["version"], columns["support until"]):
            number = _NUMBER.search(cells[columns["version"]])
            end = _read_day(cells[columns["support until"]])
            if number and end:
                found.setdefault(number[1], end)
    return found


def _plain(cell: str) -> str:
    without = _LINK.sub(r"\1", _STRUCK.sub(" ", cell)).replace("&nbsp;", " ").replace("*", "")
    return " ".join(re.sub(r"<[^>]*>", " ", without).split())


def ends_of_product(text: str) -> dict[str, date]:
    """From an answer of endoflife.date's API v1, or from the list of its older API. Nothing where it is neither."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    result = read.get("result") if isinstance(read, dict) else None
    entries = result.get("releases") if isinstance(result, dict) else read
    found: dict[str, date] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            name, end = entry.get("name", entry.get("cycle")), entry.get("eolFrom", entry.get("eol"))
            if isinstance(name, str) and isinstance(end, str) and (day := _read_day(end)):
                found[name] = day
    return found


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(day[0]) if (day := _DAY.search(text)) else None
    except ValueError:
        return None


def vendor_disagreements(matrix: Matrix, ends: Ends) -> tuple[VendorDisagreement, ...]:
    """Releases of XCP-ng whose end is another day there; what either side does not know is no disagreement."""
    return tuple(
        VendorDisagreement(release.base_name, release.lifecycle.eol, there)
        for release in matrix.of(Product.XCP_NG)
        if release.lifecycle.eol and (there := ends.get(release.number)) and there != release.lifecycle.eol
    )
