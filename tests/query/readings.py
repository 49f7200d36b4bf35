"""What the tables of questions share: how releases are named in them, and what holds of each that is answered."""

from bot.matrix.release import Product, Release
from bot.query.query import Outcome, QueryPart
from bot.query.reader import Reader

XS_7 = "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3, XenServer 7.4, XenServer 7.5, XenServer 7.6"
CH_8 = "Citrix Hypervisor 8.0, Citrix Hypervisor 8.1, Citrix Hypervisor 8.2"
CALLED_8 = "Citrix Hypervisor 8.2, Citrix Hypervisor 8.1, Citrix Hypervisor 8.0, XenServer 8"
UNTIL_7 = (
    "XenServer 5.0, XenServer 5.5, XenServer 5.6, XenServer 6.0, XenServer 6.0.2, XenServer 6.1, XenServer 6.2,"
    " XenServer 6.5"
)
UNTIL_72 = f"{UNTIL_7}, XenServer 7.0, XenServer 7.1, XenServer 7.2"
FROM_7 = f"{XS_7}, {CH_8}, XenServer 8, XenServer 9"
FROM_70_TO_73 = "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3"
XCP_UNTIL_81 = "XCP-ng 7.4, XCP-ng 7.5, XCP-ng 7.6, XCP-ng 8.0, XCP-ng 8.1"
BOTH_82 = "XCP-ng 8.2, Citrix Hypervisor 8.2"


def name(named: Release | Product) -> str:
    return str(named) if isinstance(named, Product) else named.base_name


def names(releases: tuple[Release | Product, ...]) -> str:
    return ", ".join(map(name, releases))


def only_part(reader: Reader, text: str) -> QueryPart:
    query = reader.read(text)
    assert len(query.parts) == 1, query.parts
    return query.parts[0]


def assert_read(reader: Reader, text: str, releases: str) -> None:
    """The text means just these releases, and asks for no day."""
    query = reader.read(text)
    assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, releases)
    assert (query.suggestions, query.on, query.bad_date) == ((), None, None)
