"""Who we are in Slack, and what is said when Slack does not tell."""

import pytest

from bot.slack.client import web_client
from bot.slack.errors import retry_after, slack_error
from bot.slack.membership import Identity, Workspace
from tests.slack.standin import HOME, Said, StandIn


def _identity(standin: StandIn, clock: list[float] | None = None) -> Identity:
    now = clock or [0.0]
    return Identity(web_client("xoxb-of-the-tests", standin.api), lambda: now[0])


def test_home_is_asked_once_and_kept(standin: StandIn) -> None:
    identity = _identity(standin)
    assert identity.known is None
    assert identity.home() == identity.home() == Workspace("T0000001", None, "U0000BOT", "B0000BOT")
    assert len(standin.of("auth.test")) == 1


def test_members_of_the_workspace_and_of_its_organisation_are_at_home(standin: StandIn) -> None:
    standin.answers["auth.test"] = {**HOME, "enterprise_id": "E0000001"}
    home = _identity(standin).home()
    assert home is not None
    assert [home.has(team) for team in ("T0000001", "E0000001", "T9999999", None)] == [True, True, False, False]


def test_after_a_failure_slack_is_not_asked_again_at_once(standin: StandIn) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "internal_error"}
    clock = [0.0]
    identity = _identity(standin, clock)
    assert (identity.home(), identity.home()) == (None, None)
    assert len(standin.of("auth.test")) == 1
    standin.answers["auth.test"] = HOME
    clock[0] = 2.0
    assert identity.home() is not None
    assert identity.fault is None


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
def test_a_refusal_is_final_and_a_hiccup_is_not(standin: StandIn, code: str) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": code}
    fault = _identity(standin).check()
    assert fault is not None
    assert fault.refused
    assert code in fault.text
    standin.answers["auth.test"] = {"ok": False, "error": "fatal_error"}
    hiccup = _identity(standin).check()
    assert hiccup is not None
    assert not hiccup.refused


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/api/", "the connection was refused"),
        ("http://slack.invalid/api/", "its name does not resolve"),
    ],
)
def test_why_slack_is_not_reached_is_said_without_its_address(address: str, said: str) -> None:
    fault = Identity(web_client("xoxb-of-the-tests", address), lambda: 0.0).check()
    assert fault is not None
    assert fault.text == f"Slack cannot be reached: {said}"


@pytest.mark.parametrize("body", ["<html>", "", "[]", "{"])
def test_an_answer_that_is_not_slacks_is_a_fault_too(standin: StandIn, body: str) -> None:
    standin.answers["auth.test"] = Said(body, 502, {"Content-Type": "text/html"})
    assert _identity(standin).check() is not None


def test_a_code_that_is_none_of_slacks_is_not_repeated(standin: StandIn) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "x\n\x1b[31m<!channel>" + "y" * 500}
    fault = _identity(standin).check()
    assert fault is not None
    assert fault.text == "Slack cannot be reached: something else answered (HTTP 200)"


def test_a_429_says_how_long_to_wait(standin: StandIn) -> None:
    for header, seconds in (({"Retry-After": "7"}, 7.0), ({}, 30.0), ({"Retry-After": "99999"}, 300.0)):
        standin.answers["auth.test"] = Said({"ok": False, "error": "ratelimited"}, 429, header)
        assert retry_after(_failure(standin)) == seconds
    assert retry_after(OSError()) == 0
    assert "again in a minute" in slack_error(_failure(standin)).text


def _failure(standin: StandIn) -> Exception:
    try:
        web_client("xoxb-of-the-tests", standin.api).auth_test()
    except Exception as error:  # noqa: BLE001 - whatever it raises is what is looked at
        return error
    raise AssertionError("it did not fail")
