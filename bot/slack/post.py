"""Ways to Slack: into a thread, to one person, and to the address that came with a command or a press."""

from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot.errors import UnavailableError
from bot.slack.blocks import SlackMessage
from bot.slack.errors import FAILURES, SlackError, slack_error
from bot.slack.payload import Actor


class UndeliveredError(UnavailableError):
    """A message did not reach Slack, or Slack did not take it. The fault says why."""

    def __init__(self, fault: SlackError) -> None:
        super().__init__(fault.text)
        self.fault = fault


class SlackClient:
    """Sends messages, each once. UndeliveredError if it did not work."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def in_channel(self, channel: str, message: SlackMessage, thread: str | None = None) -> str:
        """For everybody; below the message whose timestamp is `thread`, if that is given. The message's timestamp."""
        return str(self._call("chat.postMessage", message.body(channel=channel, **_thread(thread))).get("ts") or "")

    def change(self, channel: str, ts: str, message: SlackMessage) -> None:
        """Put a message in the place of one of ours, whose timestamp is `ts`."""
        self._call("chat.update", message.body(channel=channel, ts=ts))

    def to_one(self, channel: str, user: str, message: SlackMessage, thread: str | None = None) -> None:
        """For one person's eyes."""
        self._call("chat.postEphemeral", message.body(channel=channel, user=user, **_thread(thread)))

    def answer(
        self,
        response_url: str,
        message: SlackMessage,
        in_channel: bool = False,
        thread: str | None = None,
        replace: bool = False,
    ) -> None:
        """To the address that came with a command or a press (five uses in half an hour), beside the message there.

        `replace`: in place of that message.
        """
        kind = "in_channel" if in_channel else "ephemeral"
        body = message.body(response_type=kind, replace_original=replace, **_thread(thread))
        hook = WebhookClient(response_url, timeout=int(self._client.timeout), retry_handlers=[])
        try:
            answered = hook.send_dict(body)
        except (*FAILURES, ValueError) as error:  # ValueError: an address that is none
            raise UndeliveredError(slack_error(error)) from error
        if answered.status_code != 200:
            code = str(answered.body)[:60].strip() or f"http_{answered.status_code}"
            raise UndeliveredError(SlackError(code, f"Slack did not take the reply ({answered.status_code})"))

    def privately(self, asker: Actor, response_url: str | None, message: SlackMessage) -> None:
        """For the asker alone, by the address that came with the question or else by name and channel."""
        if response_url:
            self.answer(response_url, message, thread=asker.thread)
        elif asker.channel and asker.user:
            self.to_one(asker.channel, asker.user, message, asker.thread)
        else:
            raise UndeliveredError(SlackError("", "Slack did not say where the asker is"))

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        """Show a modal to whoever just pressed; the trigger holds for three seconds."""
        self._call("views.open", {"trigger_id": trigger_id, "view": view})

    def publish(self, user: str, view: dict[str, Any]) -> None:
        """Put a view into the place of somebody's App Home."""
        self._call("views.publish", {"user_id": user, "view": view})

    def _call(self, method: str, body: dict[str, Any]) -> SlackResponse:
        try:
            return self._client.api_call(method, json=body)
        except FAILURES as error:
            raise UndeliveredError(slack_error(error, "SLACK_BOT_TOKEN")) from error


def _thread(thread: str | None) -> dict[str, str]:
    return {"thread_ts": thread} if thread else {}
