"""The manifest that Slack makes the app from."""

from typing import Any
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.slack.mrkdwn import COMMAND

EVENTS_PATH = "/slack/events"
SCOPES = ("app_mentions:read", "channels:history", "chat:write", "commands", "groups:history")
"""What the bot must be allowed to do, and nothing more. Histories are read to find a message again."""

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
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": NAME, "always_online": True},
            "slash_commands": [
                # Escaped, a mention or channel arrives with its id, and nobody can type one that was not meant.
                {"command": COMMAND, **there, "description": _ABOUT, "usage_hint": _USAGE, "should_escape": True}
            ],
        },
        "oauth_config": {"scopes": {"bot": [*SCOPES]}},
        "settings": {
            "event_subscriptions": {**requests, "bot_events": ["app_home_opened", "app_mention"]},
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
