"""Products: how they are written, mistyped, or called by the vendor, and platforms that are none of them."""

import pytest

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import BOTH_82, assert_read, names, only_part

PRODUCTS = {
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
}


@pytest.mark.parametrize("text", PRODUCTS)
def test_a_product_is_known_by_each_of_its_names(reader: Reader, text: str) -> None:
    assert_read(reader, text, PRODUCTS[text])


CODENAMES = {
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
}


@pytest.mark.parametrize("text", CODENAMES)
def test_a_codename_means_its_release_where_it_is_no_other_word(reader: Reader, text: str) -> None:
    assert_read(reader, text, CODENAMES[text])


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
        ("XenSever is", "XenSever", "XenServer"),
        ("is XenSever ok", "XenSever", "XenServer"),
        ("XenSever <=", "XenSever", "XenServer"),
        ("xen  sever hosts", "xen sever", "XenServer"),
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
