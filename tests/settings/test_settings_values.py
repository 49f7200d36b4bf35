"""Durations and addresses, by their parsers alone."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.values import LONGEST, Address, parse_address, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90d", timedelta(days=90)),
        ("6h", timedelta(hours=6)),
        ("15m", timedelta(minutes=15)),
        ("30s", timedelta(seconds=30)),
        ("2w", timedelta(days=14)),
        ("0d", timedelta(0)),
        (" 1h ", timedelta(hours=1)),
        ("36525d", LONGEST),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "d", "5", "-1d", "1.5h", "1y", "1d12h", "6 h", "1D", "٣d", "9999999999w", "36526d"]
)
def test_nothing_else_is_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.10", Address("192.0.2.10")),
        ("192.0.2.10:8443", Address("192.0.2.10", 8443)),
        ("Xen-1.Example.ORG", Address("xen-1.example.org")),
        ("xen_1:443", Address("xen_1", 443)),
        ("localhost", Address("localhost")),
        ("2001:DB8:0::1", Address("2001:db8::1")),
        ("[2001:db8::1]", Address("2001:db8::1")),
        ("[::1]:8443", Address("::1", 8443)),
        ("fe80::1%eth0", Address("fe80::1%eth0")),
    ],
)
def test_an_address_is_a_host_with_or_without_a_port(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":443",
        "a:",
        "a:0",
        "a:65536",
        "a:x",
        "a:+1",
        "https://a",
        "a/b",
        "a?b",
        "a#b",
        "u@a",
        "a b",
        "-a",
        "a-",
        "a..b",
        "a.",
        "x" * 64,
        "a." * 127 + "a",
        "10.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "010.0.0.1",
        "256.1.1.1",
        "[::1",
        "::1]",
        "[::1]443",
        "[::1]:",
        "[192.0.2.1]",
        "[a]",
        "[]",
        ":::",
        "1:2",
        "a\nb",
        "fe80::1%",
        "fe80::1%a/b",
        "xn--é",
        "bücher.example",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_address(text)


@given(st.text(max_size=30) | st.from_regex(re.compile(r"[\[\]0-9a-fA-F:.%x/@-]{0,40}"), fullmatch=True))
def test_what_reads_as_an_address_reads_the_same_once_written(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert parse_address(str(address)) == address
    assert str(address).isascii()
    assert not set(str(address)) & set("/@?# \n")
