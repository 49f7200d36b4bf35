"""The manifest: what the app may do is what the code uses, and the file in the repository is what is printed."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.errors import UsageError
from bot.slack.manifest import manifest

ROOT = Path(__file__).parents[2]


def test_the_file_in_the_repository_is_the_manifest_for_socket_mode() -> None:
    assert json.loads((ROOT / "manifest.json").read_text(encoding="utf-8")) == manifest()


def test_the_bot_may_do_no_more_than_it_does() -> None:
    assert manifest()["oauth_config"] == {
        "scopes": {
            "bot": ["app_mentions:read", "chat:write", "commands", "im:history"],
            "bot_optional": [
                *("channels:history", "groups:history", "channels:read", "groups:read"),
                *("files:write", "usergroups:read"),
            ],
        }
    }
    assert manifest()["settings"]["event_subscriptions"] == {
        "bot_events": ["app_home_opened", "app_mention", "member_joined_channel", "message.im"]
    }


@pytest.mark.parametrize("address", [None, "https://bot.example.org"])
def test_people_may_write_to_the_bot_and_reach_it_by_shortcuts(address: str | None) -> None:
    features = manifest(address)["features"]
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert {(each["type"], each["callback_id"]) for each in features["shortcuts"]} == {
        ("global", "check_release"),
        ("message", "check_message"),
    }


def test_the_command_is_escaped_and_shows_how_to_use_it() -> None:
    (command,) = manifest()["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/xocompat", True)
    assert "XenServer 7.2" in command["usage_hint"]


@pytest.mark.parametrize(
    "address", ["https://bot.example.org", "https://bot.example.org/", " https://bot.example.org/slack/events"]
)
def test_over_http_everything_goes_to_one_address(address: str) -> None:
    made = manifest(address)
    wanted = "https://bot.example.org/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == wanted
    assert made["settings"]["interactivity"]["request_url"] == wanted
    assert made["settings"]["interactivity"]["message_menu_options_url"] == wanted
    assert made["features"]["slash_commands"][0]["url"] == wanted


def test_socket_mode_names_no_address() -> None:
    assert manifest()["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(manifest())


@pytest.mark.parametrize("address", ["", "bot.example.org", "ftp://x", "https://", "https://x?y=1", "https://[x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="public address"):
        manifest(address)


def _complaints(made: dict[str, Any]) -> list[str]:
    """What Slack would have against a manifest, each with where it is."""
    schema = json.loads((Path(__file__).parent / "manifest.schema.json").read_text(encoding="utf-8"))
    return [f"{error.json_path}: {error.validator}" for error in Draft202012Validator(schema).iter_errors(made)]


@pytest.mark.parametrize("address", [None, "https://bot.example.org"])
def test_it_has_no_key_that_slack_does_not_know_and_no_text_that_is_too_long(address: str | None) -> None:
    assert _complaints(manifest(address)) == []


@pytest.mark.parametrize(
    ("at", "value", "complaint"),
    [
        (("display_information", "name"), "x" * 36, "$.display_information.name: maxLength"),
        (("display_information", "background_color"), "red", "$.display_information.background_color: pattern"),
        (("features", "shortcuts", 0, "name"), "x" * 25, "$.features.shortcuts[0].name: maxLength"),
        (("features", "shortcuts", 0, "type"), "home", "$.features.shortcuts[0].type: enum"),
        (("features", "slash_commands", 0, "command"), "xocompat", "$.features.slash_commands[0].command: pattern"),
        (("features", "slash_commands", 0, "url"), "ftp://x", "$.features.slash_commands[0].url: pattern"),
        (("features", "tabs"), {}, "$.features: additionalProperties"),
        (("oauth_config", "scopes", "bot"), ["commands"] * 2, "$.oauth_config.scopes.bot: uniqueItems"),
        (
            ("settings", "event_subscriptions", "bot_events"),
            ["x" * 51],
            "$.settings.event_subscriptions.bot_events[0]: maxLength",
        ),
        (("settings", "interactivity", "is_enabled"), "yes", "$.settings.interactivity.is_enabled: type"),
    ],
)
def test_what_slack_would_refuse_is_seen(at: tuple[str | int, ...], value: object, complaint: str) -> None:
    made = manifest()
    here: Any = made
    for step in at[:-1]:
        here = here[step]
    here[at[-1]] = value
    assert complaint in _complaints(made)
