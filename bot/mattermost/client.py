"""Mattermost's API v4 over HTTP (developers.mattermost.com/api-documentation): bounded answers, errors by their id."""

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from urllib3 import encode_multipart_formdata

from bot.mattermost.errors import MattermostError
from bot.web.answer_headers import retry_after, server_date
from bot.web.http_call import CallAnswer, CallBounds, CallError, call, call_session

Json = dict[str, Any]

ANSWER_MAX = 16 * 1024 * 1024
"""Bytes: a thousand posts are some megabytes at most."""

HOOK_SAYS = b"ok"
"""What a command's address answers, which is no JSON."""

RETRY_AFTER = 30.0
RETRY_AFTER_MAX = 3600.0
_ID = re.compile(r"[a-z0-9_.]{1,120}", re.ASCII)


class MattermostClient:
    """Calls with the bot's token; for several threads. `ca`: a file with the CAs that sign the server's certificate.

    `timeout` in seconds for each step of a call; a whole one may take twice as long. `on_date` gets the server's time.
    """

    def __init__(
        self,
        url: str,
        token: str,
        ca: str | None = None,
        timeout: float = 5.0,
        on_date: Callable[[datetime], None] | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.ca = ca
        self.ahead = 0.0
        """Seconds by which the server's clock is ahead of ours, as of its last answer."""
        self._bounds = CallBounds(timeout, timeout, 2 * timeout, ANSWER_MAX)
        self._on_date = on_date
        self._session = call_session()

    def get(self, path: str, **params: object) -> Any:
        """What a GET below /api/v4 answers. MattermostError if it does not."""
        return self._call("GET", f"/api/v4{path}{'?' if params else ''}{urlencode(params)}")

    def find(self, path: str, **params: object) -> Any:
        """The same; None where Mattermost says that there is no such thing, or none that the bot may see."""
        try:
            return self.get(path, **params)
        except MattermostError as error:
            if error.id and error.status in (400, 403, 404):
                return None
            raise

    def post(self, path: str, body: object) -> Any:
        """What a POST of JSON below /api/v4 answers. MattermostError if it does not."""
        return self._call("POST", f"/api/v4{path}", json.dumps(body).encode())

    def patch(self, post: str, body: Json) -> Any:
        """Change a post. What is not in the properties that are given is gone from it. MattermostError as above."""
        return self._call("PUT", f"/api/v4/posts/{post}/patch", json.dumps(body).encode())

    def hook(self, id: str, body: Json) -> None:
        """Answer at a command's own address. MattermostError as above."""
        self._call("POST", f"/hooks/commands/{id}", json.dumps(body).encode())

    def upload(self, channel: str, name: str, content: bytes) -> str:
        """The id of a file that posts of the channel can have. MattermostError as above."""
        body, kind = encode_multipart_formdata({"channel_id": channel, "files": (name, content)})
        try:
            return str(self._call("POST", "/api/v4/files", body, kind)["file_infos"][0]["id"])
        except (LookupError, TypeError) as error:
            raise MattermostError("Mattermost did not say what became of the file") from error

    def _call(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Any:
        """What a call answers, as JSON; None for an answer without. MattermostError if it is refused, or not there."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": kind}
        ca = Path(self.ca) if self.ca else None
        try:
            answer = call(method, self.url + path, body, headers, ca, self._bounds, self._session)
        except CallError as error:
            why = error.reason.replace("`ca`", "`mattermost.ca`")
            raise MattermostError(f"Mattermost cannot be reached: {why}", sent=error.is_doubtful) from error
        if at := server_date(answer.headers):
            self.ahead = at.timestamp() - time.time()
            if self._on_date:
                self._on_date(at)
        return _checked(answer)


def _checked(answer: CallAnswer) -> Any:
    data, status = answer.data, answer.status
    if status in (200, 201):
        if (data is None and answer.body not in (b"", HOOK_SAYS)) or len(answer.body) >= ANSWER_MAX:
            raise MattermostError("Mattermost cannot be reached: something else answered (HTTP 200)", status=status)
        return data
    id = data.get("id") if isinstance(data, dict) else None
    id = id if isinstance(id, str) and _ID.fullmatch(id) else ""
    if status == 429:
        # Of the proxy in front, or Mattermost's own: X-Ratelimit-Reset says in how many seconds there is room again.
        named = {"retry-after": answer.headers.get("x-ratelimit-reset", ""), **answer.headers}
        wait = retry_after(named, RETRY_AFTER_MAX)
        pause = RETRY_AFTER if wait is None else wait
        raise MattermostError("Mattermost asks for a pause (limit exceeded)", id, status, retry_after=pause)
    said = f"Mattermost answered {id}" if id else f"something else than Mattermost answered (HTTP {status})"
    raise MattermostError(said, id, status)
