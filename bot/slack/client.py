"""Clients of Slack's Web API, made in one place so that each has the same timeouts and none repeats a call."""

from slack_sdk import WebClient

TIMEOUT = 5
"""Seconds for a call; a mention must be answered and a process drained within ten."""


def web_client(token: str, api_url: str, timeout: int = TIMEOUT) -> WebClient:
    """A client for a bot or app token. It never sends anything twice.

    slack_sdk's own handlers repeat a post that Slack took before it closed the connection: it would be there twice.
    """
    return WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])
