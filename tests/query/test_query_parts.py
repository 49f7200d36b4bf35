"""Several things in one question, and questions in sentences: each part has its own outcome."""

from datetime import date

import pytest

from bot.matrix.matrix import Matrix
from bot.query.grammar import MOST_PARTS
from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import (
    assert_read,
    names,
)

SEVERAL = {
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
}


@pytest.mark.parametrize("text", SEVERAL)
def test_several_are_read_one_by_one(reader: Reader, text: str) -> None:
    assert_read(reader, text, SEVERAL[text])


BEHIND = {
    # the product behind its version
    "is 8.2 of XCP-ng ok": "XCP-ng 8.2",
    "7.2 XenServer": "XenServer 7.2",
    "7.2 and 8.2 XenServer": "XenServer 7.2, Citrix Hypervisor 8.2",
    "XenServer 7.2 and 8.2 XCP-ng": "XenServer 7.2, XCP-ng 8.2",
    "7.2 XenServer 8.2 XCP-ng": "XenServer 7.2, XCP-ng 8.2",
    "XenServer 7.2, is 8.2 of XCP-ng ok": "XenServer 7.2, XCP-ng 8.2",
}


@pytest.mark.parametrize("text", BEHIND)
def test_a_product_may_stand_behind_its_version(reader: Reader, text: str) -> None:
    assert_read(reader, text, BEHIND[text])


REMARKS = {
    # remarks and slips
    "XenServer 7.1 LTSR (CU1, CU2)": "XenServer 7.1",
    "XenServer 7.1 (CU1, CU2), 7.6": "XenServer 7.1, XenServer 7.6",
    "XenServer 7. 2": "XenServer 7.2",
    "XenServer 7. 2 hosts are down": "XenServer 7.0",
    "citrix xenserver 8": "XenServer 8",
}


@pytest.mark.parametrize("text", REMARKS)
def test_remarks_and_slips_change_nothing(reader: Reader, text: str) -> None:
    assert_read(reader, text, REMARKS[text])


SENTENCES = {
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
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_release_is_found_in_a_sentence(reader: Reader, text: str) -> None:
    assert_read(reader, text, SENTENCES[text])


BESIDE = {
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


@pytest.mark.parametrize("text", BESIDE)
def test_what_has_versions_of_its_own_is_left_aside(reader: Reader, text: str) -> None:
    assert_read(reader, text, BESIDE[text])


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


def test_every_label_of_the_list_reads_back_to_its_row(reader: Reader, matrix: Matrix) -> None:
    for row in matrix.published.rows:
        for day in (date(2024, 11, 14), date(2026, 8, 7)):
            query = reader.read(row.label(day))
            assert (query.outcome, set(query.releases)) == (Outcome.ASSESSED, set(row.releases))


def test_more_parts_than_anyone_asks_for_are_cut(reader: Reader) -> None:
    assert len(reader.read(", ".join(f"Foo {at}.{at}" for at in range(500))).parts) == MOST_PARTS
