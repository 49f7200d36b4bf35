"""The shipped advisories, and the releases that they speak of."""

import pytest

from bot.advisories.advisories import Advisories
from bot.advisories.load import NAMES, build
from bot.advisories.validate import validated
from bot.matrix.compiled import shipped
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release


@pytest.fixture(scope="session")
def advisories() -> Advisories:
    """The shipped data, checked anew."""
    return build(validated({name: (shipped() / f"{name}.yaml").read_bytes() for name in NAMES}))


@pytest.fixture(scope="session")
def releases(matrix: Matrix) -> dict[str, Release]:
    """The releases that advisories speak of, by their key in the facts."""
    keys = {
        "xcp_ng_8_3": (Product.XCP_NG, "8.3"),
        "xcp_ng_8_2": (Product.XCP_NG, "8.2"),
        "xenserver_9": (Product.XENSERVER, "9"),
        "xenserver_8": (Product.XENSERVER, "8"),
        "ch_8_2_cu1": (Product.XENSERVER, "8.2"),
    }
    found = {key: matrix.release(*place) for key, place in keys.items()}
    return {key: release for key, release in found.items() if release}
