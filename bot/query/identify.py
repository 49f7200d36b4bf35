"""The release that a host runs, by what it says of itself: its brand and its version, nothing else."""

import re

from bot.query.query import Outcome, QueryPart
from bot.query.reader import Reader

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}", re.ASCII)
_BRANDS = {
    "xcp-ng": "XCP-ng",
    "xenserver": "XenServer",
    "citrix hypervisor": "XenServer",
    "citrix xenserver": "XenServer",
}
_PREVIEW = re.compile(r"8\.3(\.[0-9]+)*", re.ASCII)
"""XenServer 8 called itself 8.3 while it was a preview; XCP-ng 8.3 is a release of another product."""


def identify(reader: Reader, brand: str | None, version: str | None) -> QueryPart:
    """The release of a host's `product_brand` and `product_version`, or what is nearest to them.

    Text fields, `xapi` and `platform_version` never decide: 3.4.0 is XCP-ng 8.3 as well as XenServer 8.
    """
    product = _BRANDS.get((brand or "").strip().casefold())
    number = (version or "").strip()
    if product is None or not _VERSION.fullmatch(number):
        part = reader.read(f"{brand or ''} {version or ''}"[:80])
        suggestions = part.suggestions
        return QueryPart(f"{brand} {version}", Outcome.UNKNOWN_VERSION, suggestions=suggestions)
    if product == "XenServer" and _PREVIEW.fullmatch(number):
        number = "8"
    return reader.read(f"{product} {number}").parts[0]
