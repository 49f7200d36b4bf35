"""Files for one person: in their conversation with the bot, as Slack shows files to nobody alone in a channel."""

from urllib.request import Request

from slack_sdk import WebClient

from bot.alerts.delivery.outcome import Delivered, reason_of
from bot.catalogue import message, say
from bot.chat.reply import Attachment
from bot.slack.bounded import AnswerBounds, bounded_opener, call
from bot.slack.errors import CALL_FAILURES, InvalidMessage, outcome_of
from bot.slack.response_url import ResponseUrl

BOUNDS = AnswerBounds(size=2**16, whole=60.0)

_MENDS = {
    "missing_scope": message("the app lacks the scope files:write: an admin can add it, and install the app again"),
    "messages_tab_disabled": message("the app's Messages tab is off: an admin can turn it on in the app's settings"),
    "file_uploads_disabled": message("this workspace takes no files"),
    "file_uploads_except_images_disabled": message("this workspace takes no files but pictures"),
    "file_type_not_allowed": message("this workspace takes no files of that kind"),
    "storage_limit_reached": message("this workspace has no room for files"),
    "posting_to_channel_denied": message("Slack lets the app send no files there"),
    "slack_connect_file_upload_sharing_blocked": message("files may not be shared with people of other workspaces"),
}


class FileError(Exception):
    """Why a file was not sent, in words."""


class FileSender:
    """Sends files. Nothing is sent twice: what Slack took before it broke off is there."""

    def __init__(self, client: WebClient, addresses: ResponseUrl) -> None:
        self._client = client
        self._addresses = addresses
        self._opener = bounded_opener(BOUNDS, proxy=client.proxy)

    def send(self, user: str, attachment: Attachment, about: str) -> None:
        """A message to somebody with `about`, and the file in its thread. FileError says why it is not there."""
        content = attachment.encoded
        try:
            wanted = {"filename": attachment.name, "length": len(content)}
            place = self._client.api_call("files.getUploadURLExternal", params=wanted)
            self._upload(str(place.get("upload_url")), content)
            posted = self._client.api_call("chat.postMessage", json={"channel": user, "text": about})
            done = {
                "files": [{"id": place.get("file_id"), "title": attachment.name}],
                "channel_id": posted.get("channel"),
                "thread_ts": posted.get("ts"),
            }
            self._client.api_call("files.completeUploadExternal", json=done)
        except CALL_FAILURES as error:
            outcome = outcome_of(error)
            code = getattr(outcome, "code", "")
            known = "" if isinstance(outcome, (InvalidMessage, Delivered)) else reason_of(outcome)
            raise FileError(say(_MENDS.get(code, "")) or known or say("Slack answered {code}", code=code)) from error

    def _upload(self, address: str, content: bytes) -> None:
        """To the address that Slack named, which lets whoever knows it send: it is never logged."""
        if not self._addresses.allows(address):
            raise FileError(say("Slack named an address for the file that is not its own"))
        request = Request(address, content, {"Content-Type": "application/octet-stream"}, method="POST")
        answer = call(request, self._client.timeout, BOUNDS, self._opener)
        if answer.status != 200:
            raise FileError(say("Slack did not take the file ({status})", status=answer.status))
