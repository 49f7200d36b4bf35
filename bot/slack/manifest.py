"""The manifest that Slack makes the app from."""

from typing import Any
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.slack.mrkdwn import COMMAND

EVENTS_PATH = "/slack/events"
SCOPES = ("app_mentions:read", "chat:write", "commands", "im:history")
"""What the bot must be allowed to do, and nothing more."""

OPTIONAL_SCOPES = {
    "channels:history": "a message that Slack may or may not have taken is not looked up in public channels",
    "groups:history": "a message that Slack may or may not have taken is not looked up in private channels",
    "channels:read": "no welcome in public channels that the bot is invited into, and channels are not looked at here",
    "groups:read": "no welcome in private channels that the bot is invited into, and those are not looked at here",
    "files:write": "no files: neither the CSV nor pictures",
    "usergroups:read": "grants to user groups count for nobody",
}
"""What who installs the app may leave out, each with what does not work then."""

CHECK_RELEASE, CHECK_MESSAGE = "check_release", "check_message"
"""Callback ids of the shortcuts."""

EVENTS = ("app_home_opened", "app_mention", "member_joined_channel", "message.im")

NAME = "xocompat"
_ABOUT = "Is this XCP-ng or XenServer host fine with Xen Orchestra, and for how long?"
_USAGE = "XenServer 7.2 | list | upgrade XenServer 7.2 | probe | help"


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """For Socket Mode, or for HTTP at a public address. UsageError if that is no address."""
    url = _events_url(http_url) if http_url is not None else None
    there = {"url": url} if url else {}
    requests = {"request_url": url} if url else {}
    lists = {"message_menu_options_url": url} if url else {}
    return {
        "display_information": {"name": NAME, "description": _ABOUT, "background_color": "#1d2b3a"},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "slash_commands": [
                # Escaped, a mention or channel arrives with its id, and nobody can type one that was not meant.
                {"command": COMMAND, **there, "description": _ABOUT, "usage_hint": _USAGE, "should_escape": True}
            ],
            "shortcuts": [
                {
                    "name": "Check a release",
                    "type": "global",
                    "callback_id": CHECK_RELEASE,
                    "description": "Choose a release, and a day: is it fine with Xen Orchestra?",
                },
                {
                    "name": "Check this message",
                    "type": "message",
                    "callback_id": CHECK_MESSAGE,
                    "description": "Is the release that it names fine with Xen Orchestra?",
                },
            ],
        },
        "oauth_config": {"scopes": {"bot": [*SCOPES], "bot_optional": [*OPTIONAL_SCOPES]}},
        "settings": {
            "event_subscriptions": {**requests, "bot_events": [*EVENTS]},
            "interactivity": {"is_enabled": True, **requests, **lists},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _events_url(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("--http takes the public address that Slack can reach, such as https://xocompat.example.org.")
    address = text.strip().rstrip("/")
    return address if address.endswith(EVENTS_PATH) else f"{address}{EVENTS_PATH}"
