"""A name selects an entry of the inventory, and nothing else does anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.inventory import Inventory
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, Target, TlsMode, Trust


def _target(name: str) -> Target:
    return Target(name, Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), "xocompat", lambda: "secret", "LAB_PASSWORD")


INVENTORY = Inventory([_target("lab-a"), _target("lab-b"), _target("Prod-1")])


@pytest.mark.parametrize(
    ("typed", "name"),
    [("lab-a", "lab-a"), (" LAB-A ", "lab-a"), ("`lab-b`", "lab-b"), ("prod‑1", "Prod-1"), ("*Prod-1*", "Prod-1")],
)
def test_a_name_finds_its_target_however_chat_dresses_it(typed: str, name: str) -> None:
    found = INVENTORY.find(typed)
    assert isinstance(found, Target)
    assert found.name == name


@pytest.mark.parametrize(
    "typed",
    [
        "192.0.2.1",
        "192.0.2.1:443",
        "::1",
        "[2001:db8::1]",
        "https://192.0.2.1/",
        "http://localhost",
        "<http://xen1.corp|xen1.corp>",
        "xen1.example.org",
        "root@lab-a",
        "lab-a/../b",
        "localhost:22",
        "file:///etc/passwd",
    ],
)
def test_an_address_is_refused_even_one_that_the_inventory_has(typed: str) -> None:
    found = INVENTORY.find(typed)
    assert isinstance(found, Failure)
    assert found.code is FailureCode.REFUSED_ADDRESS


def test_an_unknown_name_gets_the_near_ones() -> None:
    found = INVENTORY.find("lab-x")
    assert found == Failure("lab-x", FailureCode.UNKNOWN_HOST, 'I know no host "lab-x".', "Near: lab-a, lab-b.")


def test_an_empty_inventory_says_how_to_fill_it() -> None:
    found = Inventory([]).find("lab-a")
    assert isinstance(found, Failure)
    assert "add `targets` to the configuration" in found.message


@given(st.text())
def test_any_text_selects_a_target_by_its_name_or_fails_in_printable_words(typed: str) -> None:
    found = INVENTORY.find(typed)
    assert not isinstance(found, Failure) or found.message.isprintable()


def test_no_repr_of_a_target_has_its_password() -> None:
    assert "secret" not in repr(_target("lab-a"))
