"""What people type, and which releases it means."""

from datetime import date

import pytest

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.grammar import MOST_PARTS
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


ASSESSED = {
    # products and how they are written
    "XenServer 7.2": "XenServer 7.2",
    "xenserver 7.2": "XenServer 7.2",
    "XS 7.2": "XenServer 7.2",
    "xs7.2": "XenServer 7.2",
    "Citrix XenServer 7.2": "XenServer 7.2",
    "Citrix 7.2": "XenServer 7.2",
    "Xen Server 7.2": "XenServer 7.2",
    "xen-server 7.2": "XenServer 7.2",
    "xenserver-7.2": "XenServer 7.2",
    "XenServer_7.2": "XenServer 7.2",
    "XenServer's 7.2": "XenServer 7.2",
    "XenServer=7.2": "XenServer 7.2",
    "Citrix Hypervisor 8.1": "Citrix Hypervisor 8.1",
    "Citrix® Hypervisor™ 8.1": "Citrix Hypervisor 8.1",
    "Citrix Hypervisor 7.2": "XenServer 7.2",
    "Citrix Hypervisor (formerly XenServer) 8.2": "Citrix Hypervisor 8.2",
    "XenServer (formerly Citrix Hypervisor) 8": "XenServer 8",
    "CH 8.2": "Citrix Hypervisor 8.2",
    "ch8.2": "Citrix Hypervisor 8.2",
    "XCP-ng 8.2": "XCP-ng 8.2",
    "XCP-ng8.2": "XCP-ng 8.2",
    "xcpng 8.2": "XCP-ng 8.2",
    "XCP ng 8.2": "XCP-ng 8.2",
    "xcp_ng 8.2": "XCP-ng 8.2",
    "xcp 8.2": "XCP-ng 8.2",
    "XCP-NG-8.2": "XCP-ng 8.2",
    # versions and how they are written
    "XenServer v7.2": "XenServer 7.2",
    "XenServer version 7.2": "XenServer 7.2",
    "XenServer release 7.2": "XenServer 7.2",
    "release 7.2": "XenServer 7.2",
    "XenServer 7.2.0": "XenServer 7.2",
    "XenServer 9.0": "XenServer 9",
    "XenServer 8.4": "XenServer 8",
    "8.4.0": "XenServer 8",
    "XenServer 7": "XenServer 7.0",
    "XenServer 5": "XenServer 5.0",
    "xenserver7": "XenServer 7.0",
    "XenServer 6.0.2": "XenServer 6.0.2",
    "XenServer 6.0": "XenServer 6.0",
    "XenServer 7.1 LTS": "XenServer 7.1",
    "XenServer 7.1 LTSR": "XenServer 7.1",
    "XenServer 7.2 CR": "XenServer 7.2",
    "XCP-ng 8.2LTS": "XCP-ng 8.2",
    "XCP-ng 8.3.0-rc1": "XCP-ng 8.3",
    "XCP-ng 8.3 beta": "XCP-ng 8.3",
    "XCP-ng 8.3 beta 2": "XCP-ng 8.3",
    "XCP-ng 8.3 release candidate": "XCP-ng 8.3",
    "XenServer 8 preview": "XenServer 8",
    "XenServer 7,2": "XenServer 7.2",
    "8,3": "XCP-ng 8.3",
    "6,5": "XenServer 6.5",
    # a number that only one product has
    "7.2": "XenServer 7.2",
    "8.3": "XCP-ng 8.3",
    "8": "XenServer 8",
    "9": "XenServer 9",
    "7": "XenServer 7.0",
    "5.x": "XenServer 5.0, XenServer 5.5, XenServer 5.6",
    # the vendor's words
    "Dundee": "XenServer 7.0",
    "XenServer dundee": "XenServer 7.0",
    "midnight ride": "XenServer 5.6",
    "Midnight-Ride": "XenServer 5.6",
    "stockholm_psr": "Citrix Hypervisor 8.2",
    "nile-preview": "XenServer 8",
    "XenServer 7.0 (Dundee)": "XenServer 7.0",
    "George says 7.2 is fine": "XenServer 7.2",
    "our Boston site runs XenServer 7.2": "XenServer 7.2",
    # several
    "XenServer 7.2, XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2; XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2\nXCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "• XenServer 7.2\n• XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "1. XenServer 7.2\n2. XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2 XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 8 XCP-ng 8.2": "XenServer 8, XCP-ng 8.2",
    "XenServer 7.2 + XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2 – XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2 vs. XCP-ng 8.2": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 6.1 and 6.2": "XenServer 6.1, XenServer 6.2",
    "XenServer 7.2, 8.2": "XenServer 7.2, Citrix Hypervisor 8.2",
    "XenServer: 7.2, 8.2": "XenServer 7.2, Citrix Hypervisor 8.2",
    "XenServer\n7.2": "XenServer 7.2",
    "XenServer 7.0/7.1": "XenServer 7.0, XenServer 7.1",
    "XenServer 7.0 to 7.4": "XenServer 7.0, XenServer 7.4",
    "XenServer 7.0 or 7.1": "XenServer 7.0, XenServer 7.1",
    "XCP-ng 8.2 → 8.3": "XCP-ng 8.2, XCP-ng 8.3",
    "XenServer 8,9": "XenServer 8, XenServer 9",
    "8,9": "XenServer 8, XenServer 9",
    "XCP-ng 8.2,8.3": "XCP-ng 8.2, XCP-ng 8.3",
    "tampa, boston": "XenServer 6.1, XenServer 6.0",
    "XenServer 7.2, XenServer 7.2": "XenServer 7.2",
    "XenServer/XCP-ng 8.2": "Citrix Hypervisor 8.2, XCP-ng 8.2",
    # the product behind its version
    "is 8.2 of XCP-ng ok": "XCP-ng 8.2",
    "7.2 XenServer": "XenServer 7.2",
    "7.2 and 8.2 XenServer": "XenServer 7.2, Citrix Hypervisor 8.2",
    "XenServer 7.2 and 8.2 XCP-ng": "XenServer 7.2, XCP-ng 8.2",
    "7.2 XenServer 8.2 XCP-ng": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2, is 8.2 of XCP-ng ok": "XenServer 7.2, XCP-ng 8.2",
    # ranges
    "XenServer >=7.0,<7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer >= 7.0 , < 7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer >=7.0 <7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer &gt;=7.0,&lt;7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    "XenServer ≥7.5,≤8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    ">=7.0,<7.4": "XenServer 7.0, XenServer 7.1, XenServer 7.2, XenServer 7.3",
    ">=7.2,<7.4, XCP-ng >8.1": "XenServer 7.2, XenServer 7.3, XCP-ng 8.2, XCP-ng 8.3",
    "XenServer >=7.5,<7.7,8.2": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.2",
    "XenServer ~=7.0": XS_7,
    "XenServer ==7.*": XS_7,
    "XenServer 7.x": XS_7,
    "XenServer 7.*": XS_7,
    "XenServer 7.X": XS_7,
    "XenServer ===7.2": "XenServer 7.2",
    "XCP-ng !=8.2,>=8": "XCP-ng 8.0, XCP-ng 8.1, XCP-ng 8.3",
    "XenServer >8": "Citrix Hypervisor 8.1, Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer >=5.9,<6.1": "XenServer 6.0, XenServer 6.0.2",
    "XenServer 8.x": f"{CH_8}, XenServer 8",
    "XenServer 9.x": "XenServer 9",
    "XenServer 6.0.x": "XenServer 6.0, XenServer 6.0.2",
    "XenServer 5.x": "XenServer 5.0, XenServer 5.5, XenServer 5.6",
    "XenServer 7.5-8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.5 – 8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.5..8.0": "XenServer 7.5, XenServer 7.6, Citrix Hypervisor 8.0",
    "XenServer 7.6-8": f"XenServer 7.6, {CH_8}, XenServer 8",
    "XCP-ng 8.2+": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng 8.2 or newer": "XCP-ng 8.2, XCP-ng 8.3",
    "XenServer 5.5 and older": "XenServer 5.0, XenServer 5.5",
    "newer than XenServer 8.1": "Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer newer than 8.1": "Citrix Hypervisor 8.2, XenServer 8, XenServer 9",
    "XenServer > = 7": FROM_7,
    "XenServer >= 7.0 and < 7.4": FROM_70_TO_73,
    "XenServer >=7.0;<7.4": FROM_70_TO_73,
    "XenServer >=7.0 & <7.4": FROM_70_TO_73,
    ">=7.0/<7.4": FROM_70_TO_73,
    "XenServer >=7.5;<=7.6; XCP-ng 8.2": "XenServer 7.5, XenServer 7.6, XCP-ng 8.2",
    "XenServer <5.5 and >8.4": "XenServer 5.0, XenServer 9",
    # ranges with the number of an update level
    "XCP-ng >=8.2.1": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng ==8.2.1": "XCP-ng 8.2",
    "XCP-ng >8.2.1": "XCP-ng 8.3",
    "XCP-ng <8.2.1": f"{XCP_UNTIL_81}, XCP-ng 8.2",
    "XCP-ng <8.2": XCP_UNTIL_81,
    "XCP-ng >8.2.0": "XCP-ng 8.3",
    "XCP-ng !=8.2,>=8.2.1": "XCP-ng 8.3",
    "XCP-ng !=8.2.1,>=8.2": "XCP-ng 8.2, XCP-ng 8.3",
    "XenServer >=7.1.1,<7.2": "XenServer 7.1",
    "XenServer ==8.4.0": "XenServer 8",
    "XenServer >6.0.2,<6.2": "XenServer 6.1",
    # ranges in words
    "XenServer before 7": UNTIL_7,
    "XenServer below 7": UNTIL_7,
    "before XenServer 7": UNTIL_7,
    "XenServer until 7.2": UNTIL_72,
    "XenServer up to 7.2": UNTIL_72,
    "XenServer up to version 7.2": UNTIL_72,
    "XenServer 7.2 and below": UNTIL_72,
    "XenServer since 7.0": FROM_7,
    "XenServer from 7.0 on": FROM_7,
    "XenServer from 7.0 onwards": FROM_7,
    "XenServer from 7.0 on host-3": "XenServer 7.0",
    "XenServer between 7.0 and 7.3": FROM_70_TO_73,
    "XenServer 7.0 through 7.3": FROM_70_TO_73,
    "XenServer 7.0 until 7.3": FROM_70_TO_73,
    "XenServer from 7.0 to 7.3": FROM_70_TO_73,
    "from XenServer 7.0 to 7.3": FROM_70_TO_73,
    "upgrade from XenServer 7.0 to 7.3": "XenServer 7.0, XenServer 7.3",
    "difference between XenServer 7.0 and 7.3": "XenServer 7.0, XenServer 7.3",
    "upgrade XCP-ng 8.2 before 8.3": "XCP-ng 8.2, XCP-ng 8.3",
    "XCP-ng 8.3 since 5 years": "XCP-ng 8.3",
    "how long until XCP-ng 8.2 is dead": "XCP-ng 8.2",
    "how long before 7.1 is dead": "XenServer 7.1",
    "since XCP-ng 8.2 is dead": "XCP-ng 8.2",
    "is XCP-ng 8.2 the same as before?": "XCP-ng 8.2",
    # builds and names of files
    "XenServer release 7.2.0-142457c (xenenterprise)": "XenServer 7.2",
    "XenServer 7.6.0-150000": "XenServer 7.6",
    "XenServer 7.6-7.0": "XenServer 7.6, XenServer 7.0",
    "XCP-ng 8.2.0-2": "XCP-ng 8.2",
    "xcp-ng-8.2.1-20231130.iso": "XCP-ng 8.2",
    "XenServer8_2024-03-18.iso": "XenServer 8",
    "XenServer9_2026-06-23.iso": "XenServer 9",
    "2024-03-18_XenServer8.iso": "XenServer 8",
    # remarks and slips
    "XenServer 7.1 LTSR (CU1, CU2)": "XenServer 7.1",
    "XenServer 7.1 (CU1, CU2), 7.6": "XenServer 7.1, XenServer 7.6",
    "XenServer 7. 2": "XenServer 7.2",
    "XenServer 7. 2 hosts are down": "XenServer 7.0",
    "citrix xenserver 8": "XenServer 8",
    # questions
    "is XenServer 7.2 still supported?": "XenServer 7.2",
    "hi, is XenServer 7.2 ok?": "XenServer 7.2",
    "XENSERVER 7.2!!!": "XenServer 7.2",
    '"XenServer 7.2"': "XenServer 7.2",
    "can we run XO against xcp-ng 8.2 and xenserver 7.1 please": "XCP-ng 8.2, XenServer 7.1",
    "We run XenServer. Is 7.2 ok?": "XenServer 7.2",
    "our flurble pool runs XenServer 7.2": "XenServer 7.2",
    "hello dear flurble colleagues, is XenServer 7.2 ok?": "XenServer 7.2",
    "our 5 hosts are on xcp-ng 8.2.1 and one is on 8.3": "XCP-ng 8.2, XCP-ng 8.3",
    "we have 8 XenServer 7.2 hosts": "XenServer 7.2",
    "2 of our XCP-ng 8.2 hosts": "XCP-ng 8.2",
    "XenServer 8 hosts": "XenServer 8",
    "XenServer 7.2 with 2 TB of RAM and 16 cores": "XenServer 7.2",
    "XenServer 7.2 on host-8": "XenServer 7.2",
    "24/7 support for XenServer 7.2": "XenServer 7.2",
    "XenServer 7.2 build 12345 with CVE-2025-1234": "XenServer 7.2",
    "is XCP-ng 8.2 up to date": "XCP-ng 8.2",
    "bonjour, est-ce que XenServer 7.1 est encore supporté ?": "XenServer 7.1",
    "l'hôte est en XCP-ng 8.2, ça marche encore ?": "XCP-ng 8.2",
    "Hallo, wird XenServer 7.1 noch unterstützt?": "XenServer 7.1",
    "hola, XCP-ng 8.2 sigue soportado?": "XCP-ng 8.2",
    "ciao, XCP-ng 8.2 è ancora supportato?": "XCP-ng 8.2",
    # what has versions of its own, beside a release
    "XO 5.98 and xcp-ng 8.3": "XCP-ng 8.3",
    "xo6 with xcp-ng 8.3": "XCP-ng 8.3",
    "Xen Orchestra 5 on XCP-ng 8.3": "XCP-ng 8.3",
    "XO Lite, XCP-ng 8.3": "XCP-ng 8.3",
    "can XCP-ng 8.3 run Windows Server 2022": "XCP-ng 8.3",
    "XO on Debian 12 with XCP-ng 8.3": "XCP-ng 8.3",
    "is Debian 12 on XCP-ng 8.3 ok": "XCP-ng 8.3",
    "Debian VMs on XCP-ng 8.3": "XCP-ng 8.3",
    "migrate from VMware to XCP-ng 8.3": "XCP-ng 8.3",
    "OpenStack with XenServer 7.2": "XenServer 7.2",
    "xcp-ng 8.3 xen 4.17": "XCP-ng 8.3",
    "XCP-ng 8.3 with Xen 4.17.5": "XCP-ng 8.3",
}


@pytest.mark.parametrize("text", ASSESSED)
def test_what_is_known_is_assessed(reader: Reader, text: str) -> None:
    query = reader.read(text)
    assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, ASSESSED[text])
    assert (query.suggestions, query.on, query.bad_date) == ((), None, None)


@pytest.mark.parametrize(
    ("text", "release", "level"),
    [
        ("XCP-ng 8.2.1", "XCP-ng 8.2", "8.2.1"),
        ("XCP-ng 7.4.1", "XCP-ng 7.4", "7.4.1"),
        ("XenServer 8.2.1", "Citrix Hypervisor 8.2", "CU1"),
        ("8.2 CU1", "Citrix Hypervisor 8.2", "CU1"),
        ("CH8.2CU1", "Citrix Hypervisor 8.2", "CU1"),
        ("XenServer 7.1 Cumulative Update 1", "XenServer 7.1", "CU1"),
        ("7.1 CU2 LTSR", "XenServer 7.1", "CU2"),
        ("7.1 LTSR CU2", "XenServer 7.1", "CU2"),
        ("7.1 (LTSR, CU2)", "XenServer 7.1", "CU2"),
        ("xcp-ng-8.2.1-20231130.iso", "XCP-ng 8.2", "8.2.1"),
        ("7.1 LTSR (CU 2)", "XenServer 7.1", "CU2"),
        ("XenServer 7.1 with CU2", "XenServer 7.1", "CU2"),
        ("CU1 of XenServer 7.1", "XenServer 7.1", "CU1"),
        ("XenServer 7.1.2", "XenServer 7.1", "CU2"),
        ("6.5 SP1", "XenServer 6.5", "SP1"),
        ("XenServer 6.5 Service Pack 1", "XenServer 6.5", "SP1"),
        ("XenServer 5.6 FP1", "XenServer 5.6", "FP1"),
        ("XenServer 5.6 feature pack 1", "XenServer 5.6", "FP1"),
        ("5.6 SP2", "XenServer 5.6", "SP2"),
        ("6.0.2 CC", "XenServer 6.0.2", "CC"),
        ("XenServer 7.2", "XenServer 7.2", None),
    ],
)
def test_an_update_level_belongs_to_its_release(reader: Reader, text: str, release: str, level: str | None) -> None:
    part = only_part(reader, text)
    assert (part.outcome, names(part.releases), part.level) == (Outcome.ASSESSED, release, level)


@pytest.mark.parametrize(
    ("text", "releases"),
    [
        ("8.2", BOTH_82),
        ("what about 8.2?", BOTH_82),
        ("8.2.1", BOTH_82),
        ("8.2 LTS", BOTH_82),
        ("Hypervisor 8.2", BOTH_82),
        ("==8.2", BOTH_82),
        ("update 8.2", BOTH_82),
        ("the 8.2 hosts", BOTH_82),
        ("7.6.0", "XCP-ng 7.6, XenServer 7.6"),
        ("8.1.x", "XCP-ng 8.1, Citrix Hypervisor 8.1"),
        (">=8.3,<8.5", "XCP-ng 8.3, XenServer 8"),
    ],
)
def test_a_number_that_both_products_have_is_ambiguous(reader: Reader, text: str, releases: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, names(part.releases), part.product) == (Outcome.AMBIGUOUS, releases, None)


@pytest.mark.parametrize(
    ("text", "shown", "suggestions"),
    [
        ("XenServer 7.7", "XenServer 7.7", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("is XenServer 7.7 ok?", "XenServer 7.7", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("XenServer 8.3", "XenServer 8.3", "XenServer 8, XCP-ng 8.3, Citrix Hypervisor 8.2"),
        ("Citrix Hypervisor 8", "Citrix Hypervisor 8", CALLED_8),
        ("Citrix® Hypervisor™ 8", "Citrix Hypervisor 8", CALLED_8),
        ("CH 8", "CH 8", CALLED_8),
        ("is ch8 ok", "ch8", CALLED_8),
        ("CH, 8", "CH 8", CALLED_8),
        ("6", "6", "XenServer 6.5, XenServer 6.2, XenServer 6.1, XenServer 6.0.2"),
        ("XenServer 7.2 CU5", "XenServer 7.2 CU5", "XenServer 7.2"),
        ("XCP-ng 8.2.5", "XCP-ng 8.2.5", "XCP-ng 8.2, XCP-ng 8.3"),
        ("XCP-ng 7.2", "XCP-ng 7.2", "XCP-ng 7.4, XenServer 7.2, XCP-ng 7.5"),
        ("XCP-ng 9.x", "XCP-ng 9.x", "XCP-ng 8.3, XenServer 9, XCP-ng 8.2"),
        ("XCP-ng dundee", "XCP-ng dundee", "XenServer 7.0"),
        ("xs72", "xs72", "XenServer 7.2"),
        ("82", "82", BOTH_82),
        ("7.7", "7.7", "XCP-ng 7.6, XenServer 7.6, XCP-ng 8.0, Citrix Hypervisor 8.0"),
        ("XenServer >=7.7,<7.9", "XenServer >=7.7,<7.9", "XenServer 7.6, Citrix Hypervisor 8.0"),
        ("XenServer >=7.0,<", "XenServer >=7.0,<", "XenServer 7.0, XenServer 7.1"),
        ("XenServer => 7.0", "XenServer => 7.0", "XenServer 7.0, XenServer 7.1"),
        ("XenServer >9", "XenServer >9", "XenServer 9, XenServer 8"),
        ("is XenServer fine with 12", "XenServer 12", "XenServer 9, XenServer 8"),
    ],
)
def test_an_unknown_version_comes_with_its_neighbours(reader: Reader, text: str, shown: str, suggestions: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, part.text) == (Outcome.UNKNOWN_VERSION, shown)
    assert (part.releases, names(part.suggestions)) == ((), suggestions)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("XenServer", Product.XENSERVER),
        ("Citrix Hypervisor", Product.XENSERVER),
        ("xcp-ng", Product.XCP_NG),
        ("Does XCP-ng work?", Product.XCP_NG),
        ("which xen server version should I use?", Product.XENSERVER),
        ("XenServer CU1", Product.XENSERVER),
    ],
)
def test_a_product_without_a_version_suggests_all_its_releases(
    reader: Reader, matrix: Matrix, text: str, product: Product
) -> None:
    part = only_part(reader, text)
    assert (part.outcome, part.product) == (Outcome.UNKNOWN_VERSION, product)
    newest_first = sorted(matrix.of(product), key=lambda release: release.compares_as, reverse=True)
    assert part.suggestions == tuple(newest_first)


@pytest.mark.parametrize(
    ("text", "shown", "suggestions"),
    [
        ("XenSever 7.2", "XenSever 7.2", "XenServer 7.2"),
        ("xensever7.2", "xensever 7.2", "XenServer 7.2"),
        ("is XenSever 7.2 ok", "XenSever 7.2", "XenServer 7.2"),
        ("xen sever 7.2", "xen sever 7.2", "XenServer 7.2"),
        ("xcpgn 8.2", "xcpgn 8.2", "XCP-ng 8.2"),
        ("xpc-ng 8.2", "xpc-ng 8.2", "XCP-ng 8.2"),
        ("Citrix Hipervisor 8.1", "Citrix Hipervisor 8.1", "Citrix Hypervisor 8.1"),
        ("citirx hypervisor 8.2", "citirx hypervisor 8.2", "Citrix Hypervisor 8.2"),
        ("XenSever", "XenSever", "XenServer"),
        ("XenSever 7.7", "XenSever 7.7", "XenServer, XenServer 7.6, Citrix Hypervisor 8.0"),
        ("Foo 7.2", "Foo 7.2", "XenServer 7.2"),
        ("Foo version 8.2", "Foo 8.2", BOTH_82),
        ("Foo 1.1", "Foo 1.1", "XCP-ng, XenServer"),
        ("XenApp 7.6", "XenApp 7.6", "XCP-ng 7.6, XenServer 7.6"),
        ("Citrix ADC 7.6", "Citrix ADC 7.6", "XCP-ng 7.6, XenServer 7.6"),
        ("flurble", "flurble", "XCP-ng, XenServer"),
        ("is the flurble ok?", "flurble", "XCP-ng, XenServer"),
        ("lorem ipsum, dolor sit", "lorem ipsum", "XCP-ng, XenServer"),
        ("xen 7.2", "xen 7.2", "XenServer 7.2"),
        ("xen 8.2", "xen 8.2", "Citrix Hypervisor 8.2, XCP-ng 8.2"),
        ("192.168.1.10", "192.168.1.10", "XCP-ng, XenServer"),
        ("https://xcp-ng.org/blog", "https://xcp-ng.org/blog", "XCP-ng, XenServer"),
    ],
)
def test_an_unknown_product_suggests_what_may_be_meant(reader: Reader, text: str, shown: str, suggestions: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, part.text) == (Outcome.UNKNOWN_PRODUCT, shown)
    assert (part.releases, names(part.suggestions)) == ((), suggestions)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("xen", "Xen"),
        ("Xen 4.17", "Xen"),
        ("Xen Project hypervisor 4.17", "Xen"),
        ("Xen on Debian", "Xen on Debian"),
        ("Xen 4.17 on Debian 12", "Xen on Debian"),
        ("xen ubuntu", "Xen on Ubuntu"),
        ("Debian with xen", "Xen on Debian"),
        ("xen 8.2 on alpine", "Xen on Alpine"),
        ("Debian 12", "Debian"),
        ("RHEL 8.2", "Red Hat Enterprise Linux"),
        ("VMware", "VMware"),
        ("ESXi 7.0", "VMware ESXi"),
        ("ESXi 7.0 U3", "VMware ESXi"),
        ("VMware ESXi 8.0", "VMware ESXi"),
        ("vCenter 8.0", "VMware vSphere"),
        ("ESXi 7.0, 8.0", "VMware ESXi"),
        ("Proxmox 8.2", "Proxmox VE"),
        ("Proxmox VE 8.2", "Proxmox VE"),
        ("is Xen Orchestra compatible with Proxmox 8?", "Proxmox VE"),
        ("8.2 on Proxmox", "Proxmox VE"),
        ("Hyper-V 2019", "Hyper-V"),
        ("hyperv", "Hyper-V"),
        ("KVM/QEMU", "KVM"),
        ("KVM on Ubuntu 22.04", "KVM"),
        ("oVirt 4.5", "oVirt"),
        ("RHEV 4", "Red Hat Virtualization"),
        ("Nutanix AHV", "Nutanix AHV"),
        ("VirtualBox 7.0", "VirtualBox"),
        ("bhyve", "bhyve"),
        ("SmartOS", "SmartOS"),
        ("Oracle VM 3.4", "Oracle VM"),
        ("OpenStack", "OpenStack"),
        ("Qubes OS 4.2", "Qubes OS"),
        ("Harvester", "Harvester"),
        ("EC2", "AWS EC2"),
        ("k8s", "Kubernetes"),
        ("LXC", "LXC"),
    ],
)
def test_other_platforms_are_unsupported_whatever_their_version(reader: Reader, text: str, platform: str) -> None:
    part = only_part(reader, text)
    assert (part.outcome, part.platform) == (Outcome.UNSUPPORTED_PLATFORM, platform)
    assert part.suggestions == (Product.XCP_NG, Product.XENSERVER)


@pytest.mark.parametrize(
    ("text", "outcomes", "releases"),
    [
        ("XenServer 7.2, Nonsense", "assessed unknown_product", "XenServer 7.2"),
        ("XenServer 7.2, the Nonsense", "assessed unknown_product", "XenServer 7.2"),
        ("XenServer 7.2, Foo 8.2", "assessed unknown_product", "XenServer 7.2"),
        ("XenServer 7.2, 7.7", "assessed unknown_version", "XenServer 7.2"),
        ("XenServer, XCP-ng 8.2", "unknown_version assessed", "XCP-ng 8.2"),
        ("XenServer 7.2, XCP-ng", "assessed unknown_version", "XenServer 7.2"),
        ("8.2/8.3", "ambiguous assessed", "XCP-ng 8.2, Citrix Hypervisor 8.2, XCP-ng 8.3"),
        ("XCP-ng 8.2 vs Proxmox 8.2", "assessed unsupported_platform", "XCP-ng 8.2"),
        ("Ubuntu 22.04 and XCP-ng 8.3", "assessed unsupported_platform", "XCP-ng 8.3"),
        ("VMware, is 8.3 ok?", "unsupported_platform assessed", "XCP-ng 8.3"),
        ("is VMware better than XCP-ng?", "unknown_version unsupported_platform", ""),
        ("XCP-ng 8.3 vs Xen 4.17", "assessed unsupported_platform", "XCP-ng 8.3"),
        ("Xen vs KVM", "unsupported_platform unsupported_platform", ""),
        ("7,2,8", "assessed unknown_version assessed", "XenServer 7.0, XenServer 8"),
    ],
)
def test_each_part_has_its_own_outcome(reader: Reader, text: str, outcomes: str, releases: str) -> None:
    query = reader.read(text)
    assert " ".join(part.outcome for part in query.parts) == outcomes
    assert names(query.releases) == releases


@pytest.mark.parametrize(
    "text",
    ["", "  ", "\n", "?!", "hello", "thanks!", "is it ok", "and", ",,,", "<<<", "what's new?", "Xen Orchestra 5.98",
     "XOA on Ubuntu 22.04", "XCP-ng Center 20.04", "3 hosts", "<@U1|bob>", "lab-a", "XSO-868"],
)  # fmt: skip
def test_a_text_that_names_nothing_has_no_parts(reader: Reader, text: str) -> None:
    assert reader.read(text).parts == ()


@pytest.mark.parametrize(
    "words",
    ["on 2028-12-01", "on 1 Dec 2028", "on 1 December 2028", "on Dec 1 2028", "on Dec 1, 2028", "on December 1st, 2028",
     "on 1. Dec 2028", "on the 1st of December 2028", "as of 2028-12-01", "2028-12-01", "on 2028‑12‑01",
     "ON 1 DEC 2028", "on 2028-12-01, on 1 Dec 2028"],
)  # fmt: skip
@pytest.mark.parametrize(
    "around", ["XenServer 7.2 {}", "{} XenServer 7.2", "is XenServer 7.2 ok {}?", "XenServer 7.2, {}"]
)
def test_a_day_is_read_wherever_it_stands(reader: Reader, around: str, words: str) -> None:
    query = reader.read(around.format(words))
    assert (query.on, query.bad_date) == (date(2028, 12, 1), None)
    assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, "XenServer 7.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("on 2028-13-01", "2028-13-01"),
        ("on 2028-02-30", "2028-02-30"),
        ("on 0000-01-01", "0000-01-01"),
        ("on 12028-01-01", "12028-01-01"),
        ("on 2028-12", "2028-12"),
        ("on 2028", "2028"),
        ("in 2028", "2028"),
        ("on 20281201", "20281201"),
        ("on 2028-1-5", "2028-1-5"),
        ("on 2028-12-01T10:00", "2028-12-01T10:00"),
        ("on 01/12/2028", "01/12/2028"),
        ("on 1/12/28", "1/12/28"),
        ("on 13.04.2018", "13.04.2018"),
        ("on 32 Dec 2028", "32 Dec 2028"),
        ("on 1 Dec", "1 Dec"),
        ("on Dec 2028", "Dec 2028"),
        ("on december", "december"),
        ("in 3 years", "in 3 years"),
        ("in two years", "in two years"),
        ("next year", "next year"),
        ("next month", "next month"),
        ("on tomorrow", "tomorrow"),
        ("tomorrow", "tomorrow"),
        ("on yesterday", "yesterday"),
        ("on Monday", "Monday"),
        ("next Monday", "next Monday"),
        ("in 3 years or on 2029-12-01", "in 3 years"),
        ("on 2028-12-01 or on 2029-12-01", "2028-12-01 and 2029-12-01"),
        ("on 2028-12-01 or on 2028-12-99", "2028-12-99"),
    ],
)
def test_what_only_wants_to_be_a_day_is_told(reader: Reader, text: str, words: str) -> None:
    query = reader.read(f"XenServer 7.2 {text}")
    assert (query.on, query.bad_date) == (None, words)
    assert names(query.releases) == "XenServer 7.2"


@pytest.mark.parametrize(
    "text",
    [
        "XO on XCP-ng 8.2",
        "on 8.2 of XCP-ng",
        "XCP-ng on 8.2",
        "XCP-ng 8.2 on 1000 hosts",
        "may I run XCP-ng 8.2",
        "XCP-ng 8.2 today",
        "XCP-ng 8.2 for 3 years",
        "XCP-ng 8.2 now",
        "the next XCP-ng 8.2 host",
    ],
)
def test_on_something_else_is_no_day(reader: Reader, text: str) -> None:
    query = reader.read(text)
    assert (query.on, query.bad_date, names(query.releases)) == (None, None, "XCP-ng 8.2")


def test_the_first_and_the_last_day_can_be_asked_for(reader: Reader) -> None:
    assert reader.read("XenServer 7.2 on 0001-01-01").on == date.min
    assert reader.read("XenServer 7.2 on 9999-12-31").on == date.max


def test_a_version_without_its_product_is_shown_with_it(reader: Reader) -> None:
    query = reader.read("xs 7.2, 7.7")
    assert [(part.text, part.product) for part in query.parts] == [
        ("xs 7.2", Product.XENSERVER),
        ("xs 7.7", Product.XENSERVER),
    ]


def test_every_label_of_the_list_reads_back_to_its_row(reader: Reader, matrix: Matrix) -> None:
    for row in matrix.published.rows:
        for day in (date(2024, 11, 14), date(2026, 8, 7)):
            query = reader.read(row.label(day))
            assert (query.outcome, set(query.releases)) == (Outcome.ASSESSED, set(row.releases))


def test_more_parts_than_anyone_asks_for_are_cut(reader: Reader) -> None:
    assert len(reader.read(", ".join(f"Foo {at}.{at}" for at in range(500))).parts) == MOST_PARTS
