"""What licence a host has, by its edition: free of charge, on trial, paid, or none at all as XCP-ng."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.xapi.observation import Host


class LicenceKind(StrEnum):
    """What an edition costs. UNKNOWN is one that the host does not name, or that nobody here has heard of."""

    XCP_NG = "xcp-ng"
    """None is needed, and nothing ends."""
    FREE = "free"
    """XenServer without a licence, up to 7.6."""
    EXPRESS = "express"
    """The same from Citrix Hypervisor 8.0 on."""
    TRIAL = "trial"
    """The same from XenServer 8 on: for a few hosts, without all features."""
    PAID = "paid"
    UNKNOWN = "unknown"


class Licence(NamedTuple):
    """A host's licence. `expires` is in UTC; None where it never ends, or the host does not say."""

    kind: LicenceKind
    expires: datetime | None


_UNPAID = {kind.value: kind for kind in (LicenceKind.FREE, LicenceKind.EXPRESS, LicenceKind.TRIAL)}
_PAID = frozenset(
    {
        *("standard-per-socket", "premium-per-socket", "enterprise-per-socket"),
        *("premium-per-user", "enterprise-per-user", "desktop", "desktop-plus", "desktop-cloud"),
        *("standard", "premium", "enterprise", "advanced", "platinum", "xendesktop", "basic"),
    }
)
"""Editions of XenServer's that somebody pays for, those of old included (v6d's names, as clients of XAPI know them)."""


def licence_of(host: Host) -> Licence:
    """The licence of a host, whatever edition it names. XCP-ng has one edition, which never ends."""
    edition = (host.edition or "").casefold()
    if edition == "xcp-ng" or (host.product_brand or "").casefold() == "xcp-ng":
        return Licence(LicenceKind.XCP_NG, None)
    kind = _UNPAID.get(edition) or (LicenceKind.PAID if edition in _PAID else LicenceKind.UNKNOWN)
    return Licence(kind, host.licence_expires)
