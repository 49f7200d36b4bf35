"""The nearest names to what is not known."""

import pytest

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.query.spellings import Number, Range, Spellings, Wanted
from bot.query.suggest import nearest, resembling

XS, XCP = Product.XENSERVER, Product.XCP_NG


@pytest.fixture(scope="module")
def spellings(matrix: Matrix) -> Spellings:
    return Spellings(matrix)


@pytest.mark.parametrize(
    ("product", "wanted", "names"),
    [
        (XS, Number("7.7"), "XenServer 7.6, Citrix Hypervisor 8.0"),
        (XS, Number("8.3"), "XenServer 8, XCP-ng 8.3, Citrix Hypervisor 8.2"),
        (XS, Number("6"), "XenServer 6.5, XenServer 6.2, XenServer 6.1, XenServer 6.0.2, XenServer 6.0"),
        (XS, Number("6.3"), "XenServer 6.2, XenServer 6.5"),
        (XS, Number("10"), "XenServer 9, XenServer 8"),
        (XS, Number("4.1"), "XenServer 5.0, XenServer 5.5"),
        (XS, Number("82"), "Citrix Hypervisor 8.2, XCP-ng 8.2"),
        (XS, Number("602"), "XenServer 6.0.2"),
        (XS, Number("7.2", "CU5"), "XenServer 7.2"),
        (XS, Number("7.2", "CU2"), "XenServer 7.2, XenServer 7.1"),
        (XS, Number("8.4.1"), "XenServer 8, XenServer 9"),
        (XS, Range(">9", "9"), "XenServer 9, XenServer 8"),
        (XS, Range("<", ""), "XenServer 9, XenServer 8, Citrix Hypervisor 8.2, Citrix Hypervisor 8.1"),
        (XCP, Number("7.2"), "XCP-ng 7.4, XenServer 7.2, XCP-ng 7.5"),
        (XCP, Number("8.2.5"), "XCP-ng 8.2, XCP-ng 8.3"),
        (XCP, Number("8.4"), "XCP-ng 8.3, XenServer 8, XCP-ng 8.2"),
        (XCP, Number("8"), "XCP-ng 8.3, XCP-ng 8.2, XCP-ng 8.1, XCP-ng 8.0, XenServer 8"),
        (XCP, Number("8.2", "CU1"), "XCP-ng 8.2, Citrix Hypervisor 8.2"),
        (XCP, Range("==9.*", "9"), "XCP-ng 8.3, XenServer 9, XCP-ng 8.2"),
        (XCP, Range("==6.*", "6"), "XCP-ng 7.4, XenServer 6.5, XenServer 6.2, XCP-ng 7.5"),
        (None, Number("7.7"), "XCP-ng 7.6, XenServer 7.6, XCP-ng 8.0, Citrix Hypervisor 8.0"),
        (None, Number("82"), "XCP-ng 8.2, Citrix Hypervisor 8.2"),
        (None, Number("4"), "XenServer 5.0, XCP-ng 7.4, XenServer 5.5, XCP-ng 7.5"),
    ],
)
def test_the_nearest_release_comes_first(
    spellings: Spellings, product: Product | None, wanted: Wanted, names: str
) -> None:
    assert ", ".join(release.base_name for release in nearest(spellings, product, wanted)) == names


@pytest.mark.parametrize(
    ("word", "product"),
    [
        ("xensever", XS),
        ("xenserer", XS),
        ("xneserver", XS),
        ("zenserver", XS),
        ("citrixhipervisor", XS),
        ("citrx", XS),
        ("xcpgn", XCP),
        ("xpcng", XCP),
        ("xcpmg", XCP),
        ("server", None),
        ("flurble", None),
        ("xen", None),
        ("", None),
        ("x" * 40_000, None),
    ],
)
def test_a_mistyped_name_resembles_its_product(word: str, product: Product | None) -> None:
    assert resembling(word) is product
