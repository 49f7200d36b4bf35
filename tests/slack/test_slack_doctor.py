"""What `doctor` finds, check by check, with how to mend it; and that it never tells a token."""

import json
from datetime import UTC, datetime

import pytest

from bot.checkup import Check
from bot.slack.client import web_client
from bot.slack.doctor import SlackDoctorInput, examine
from tests.slack.standin import HOME, Said, StandIn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TOLD = {
    "x-oauth-scopes": "commands,chat:write,app_mentions:read,im:history,channels:history,groups:history,channels:read,"
    "groups:read,files:write,usergroups:read",
    "date": "Mon, 23 Nov 2026 08:00:10 GMT",
}
HERE = {"ok": True, "channel": {"id": "C0000001", "name": "alerts", "is_member": True}}


def _examine(
    standin: StandIn,
    bot: str | None = "xoxb-1-secret",
    app: str | None = "xapp-1-secret",
    secret: str | None = None,
    channel: str | None = None,
    api: str | None = None,
    groups: tuple[str, ...] = (),
    live: str = "",
) -> dict[str, Check]:
    named = {"alerts.channel": channel} if channel else {}
    patient = SlackDoctorInput(bot, app, secret, named, groups, live or "auto", is_live=bool(live))
    checks = examine(patient, lambda token: web_client(token, api or standin.api), lambda: NOW)
    told = " ".join(map(str, checks)) + json.dumps([check.data() for check in checks]) + repr(checks)
    assert "secret" not in told.replace("signing secret", "")
    return {check.name: check for check in checks}


@pytest.fixture
def well(standin: StandIn) -> StandIn:
    """Slack, with nothing wrong."""
    standin.answers |= {
        "auth.test": Said(HOME, headers={"X-OAuth-Scopes": TOLD["x-oauth-scopes"], "Date": TOLD["date"]}),
        "apps.connections.open": {"ok": True, "url": "wss://127.0.0.1/?ticket=secret"},
        "conversations.info": HERE,
    }
    return standin


def test_with_nothing_wrong_every_check_is_well(well: StandIn) -> None:
    checks = _examine(well, channel="C0000001")
    assert list(checks) == ["bot token", "scopes", "clock", "app token", "alerts.channel"]
    assert all(check.ok and not check.mend for check in checks.values())
    assert str(checks["bot token"]) == "ok      bot token: xocompat in the workspace Lab (T0000001)"


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "not_authed"])
def test_a_bot_token_that_slack_refuses_is_told_once_and_the_rest_is_not_known(well: StandIn, code: str) -> None:
    well.answers["auth.test"] = {"ok": False, "error": code}
    checks = _examine(well)
    assert code in checks["bot token"].text
    assert "SLACK_BOT_TOKEN" in checks["bot token"].mend
    assert [checks[name].ok for name in ("bot token", "scopes", "clock", "app token")] == [False, False, False, True]


def test_what_is_not_set_is_said_with_how_to_get_it(well: StandIn) -> None:
    checks = _examine(well, bot=None, app=None)
    assert checks["bot token"].text == "SLACK_BOT_TOKEN is not set"
    assert "xocompat manifest" in checks["bot token"].mend
    assert "SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP" in checks["way in"].mend
    assert not any(check.ok for check in checks.values())


def test_over_http_the_signing_secret_is_enough(well: StandIn) -> None:
    assert _examine(well, app=None, secret="a secret")["signing secret"].ok
    assert well.of("apps.connections.open") == []


def test_scopes_that_lack_are_named(well: StandIn) -> None:
    well.answers["auth.test"] = Said(HOME, headers={"X-OAuth-Scopes": "commands,channels:read,channels:history"})
    check = _examine(well)["scopes"]
    assert (check.ok, check.text) == (False, "the bot lacks app_mentions:read, chat:write, im:history")
    assert "install the app again" in check.mend


@pytest.mark.parametrize(
    ("scope", "without"),
    [
        ("channels:history", "not looked up in public channels"),
        ("groups:history", "not looked up in private channels"),
        ("channels:read", "no welcome in public channels"),
        ("groups:read", "no welcome in private channels"),
        ("files:write", "no files"),
        ("usergroups:read", "grants to user groups count for nobody"),
    ],
)
def test_without_an_optional_scope_all_is_well_and_what_does_not_work_is_told(
    well: StandIn, scope: str, without: str
) -> None:
    given = ",".join(each for each in TOLD["x-oauth-scopes"].split(",") if each != scope)
    well.answers["auth.test"] = Said(HOME, headers={"X-OAuth-Scopes": given, "Date": TOLD["date"]})
    checks = _examine(well)
    assert all(check.ok for check in checks.values())
    assert without in checks[f"optional scope {scope}"].text
    assert [name for name in checks if name.startswith("optional")] == [f"optional scope {scope}"]


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Mon, 23 Nov 2026 08:05:00 GMT", "300 seconds behind Slack's"),
        ("Mon, 23 Nov 2026 07:50:00 GMT", "600 seconds ahead of Slack's"),
    ],
)
def test_a_clock_that_is_wrong_is_told_with_how_much(well: StandIn, date: str, said: str) -> None:
    well.answers["auth.test"] = Said(HOME, headers={"Date": date})
    check = _examine(well)["clock"]
    assert (check.ok, check.text) == (False, said)
    assert "NTP" in check.mend


def test_an_app_token_that_slack_refuses_is_told(well: StandIn) -> None:
    well.answers["apps.connections.open"] = {"ok": False, "error": "not_allowed_token_type"}
    check = _examine(well)["app token"]
    assert (check.ok, check.mend) == (False, "set SLACK_APP_TOKEN to the app's xapp- token")
    well.answers["apps.connections.open"] = {"ok": False, "error": "link_disabled"}
    assert "turn it on" in _examine(well)["app token"].text


@pytest.mark.parametrize(
    ("answer", "ok", "said"),
    [
        ({"ok": True, "channel": {"name": "alerts", "is_member": False}}, False, "the bot is not in #alerts"),
        ({"ok": True, "channel": {"name": "old", "is_archived": True}}, False, "#old is archived"),
        ({"ok": False, "error": "channel_not_found"}, False, "use the channel's id"),
        ({"ok": False, "error": "missing_scope"}, True, "cannot be looked at without the scope channels:read"),
    ],
)
def test_the_alerts_channel_must_be_one_that_the_bot_is_in(
    well: StandIn, answer: dict[str, object], ok: bool, said: str
) -> None:
    well.answers["conversations.info"] = answer
    check = _examine(well, channel="C0000001")["alerts.channel"]
    assert check.ok is ok
    assert said in check.text


@pytest.mark.parametrize(
    ("answer", "ok", "said", "mend"),
    [
        ({"ok": True, "users": ["U1", "U2"]}, True, "S0000001 has 2 members", ""),
        (
            {"ok": False, "error": "missing_scope"},
            False,
            "the bot lacks the scope usergroups:read",
            "with usergroups:read",
        ),
        ({"ok": False, "error": "no_such_subteam"}, False, "S0000001 is not known", "name a user group that there is"),
    ],
)
def test_groups_that_grants_name_must_be_known(
    well: StandIn, answer: dict[str, object], ok: bool, said: str, mend: str
) -> None:
    well.answers["usergroups.users.list"] = answer
    check = _examine(well, groups=("S0000001",))["access.grants"]
    assert (check.ok, said in check.text, mend in check.mend) == (ok, True, True)


def test_without_a_network_each_check_has_one_clear_line(standin: StandIn) -> None:
    checks = _examine(standin, channel="C0000001", api="http://127.0.0.1:1/api/")
    assert not any(check.ok for check in checks.values())
    assert checks["bot token"].text == "Slack cannot be reached: the connection was refused"
    assert checks["bot token"].mend == "check the network, the proxy and SLACK_API_URL"
    assert all(len(str(check).splitlines()) == 1 for check in checks.values())


def test_names_from_slack_are_shown_on_one_line_without_control_characters(well: StandIn) -> None:
    well.answers["auth.test"] = {**HOME, "team": "a\nb\x1b[31m\u202ec"}
    assert str(_examine(well)["bot token"]).isprintable()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"bot": '"xoxb-1-secret"'}, {"bot token": "SLACK_BOT_TOKEN has quotes in its value"}),
        ({"app": "xapp-1-secret\n"}, {"app token": "SLACK_APP_TOKEN has white space in its value"}),
        ({"bot": "xoxb-1-secret\u200b"}, {"bot token": "SLACK_BOT_TOKEN has a character that no token has (U+200B)"}),
        ({"bot": "\ufeffxoxb-1-secret"}, {"bot token": "SLACK_BOT_TOKEN has a character that no token has (U+FEFF)"}),
        ({"bot": "SLACK_BOT_TOKEN=xoxb-1-secret"}, {"bot token": "SLACK_BOT_TOKEN has the variable's name"}),
        ({"app": "export SLACK_APP_TOKEN=xapp-1-secret"}, {"app token": "SLACK_APP_TOKEN has the variable's name"}),
        (
            {"app": None, "secret": "SLACK_SIGNING_SECRET=1-secret"},
            {"signing secret": "SLACK_SIGNING_SECRET has the variable's name in its value"},
        ),
        (
            {"app": None, "secret": "\ufeff1-secret"},
            {"signing secret": "SLACK_SIGNING_SECRET has a character that no token has"},
        ),
        ({"bot": "xoxp-1-secret"}, {"bot token": "SLACK_BOT_TOKEN holds a user's token (xoxp-)"}),
        ({"bot": "1-secret"}, {"bot token": "SLACK_BOT_TOKEN holds no token of Slack's"}),
        ({"app": None, "secret": "xapp-1-secret"}, {"signing secret": "SLACK_SIGNING_SECRET holds an app-level"}),
        (
            {"bot": "xapp-1-secret", "app": "xoxb-1-secret"},
            {"bot token": "SLACK_BOT_TOKEN holds an app-level", "app token": "SLACK_APP_TOKEN holds a bot's token"},
        ),
    ],
)
def test_what_can_be_seen_of_a_token_is_told_without_asking_slack(
    well: StandIn, given: dict[str, str | None], told: dict[str, str]
) -> None:
    checks = _examine(well, **given)  # type: ignore[arg-type] # only texts
    for name, said in told.items():
        assert not checks[name].ok
        assert checks[name].text.startswith(said)
        assert checks[name].mend
    asked = {"bot token": "auth.test", "app token": "apps.connections.open"}
    assert not well.of(*(method for name, method in asked.items() if name in told))


def test_a_swapped_token_is_told_where_it_belongs(well: StandIn) -> None:
    checks = _examine(well, bot="xapp-1-secret", app="xoxb-1-secret")
    assert checks["bot token"].mend.startswith("put that into SLACK_APP_TOKEN, and here the Bot User OAuth Token")
    assert checks["app token"].mend.startswith("put that into SLACK_BOT_TOKEN, and here the app-level token")


def test_slack_is_asked_for_its_newest_tables_only_where_that_is_wanted(well: StandIn) -> None:
    assert "tables" not in _examine(well)
    assert well.of("blocks.validate") == []
    assert _examine(well, live="auto")["tables"].text == "Slack takes the newest form"
    (asked,) = well.of("blocks.validate")
    assert [block["type"] for block in asked.fields["blocks"]] == ["data_table"]
    well.answers["blocks.validate"] = {"ok": False, "error": "invalid_blocks"}
    refused = _examine(well, live="auto")["tables"]
    assert (refused.ok, "invalid_blocks" in refused.text, "plainer" in refused.text) == (True, True, True)


def test_where_lines_are_set_nobody_is_asked_for_tables(well: StandIn) -> None:
    assert "lines everywhere" in _examine(well, live="lines")["tables"].text
    assert well.of("blocks.validate") == []
