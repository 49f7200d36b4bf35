"""Mattermost's API v4 over HTTP (developers.mattermost.com/api-documentation): bounded answers, errors by their id."""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from bot.mattermost.errors import MattermostError

Json = dict[str, Any]

ANSWER_MAX = 16 * 1024 * 1024
"""Bytes: a thousand posts are some megabytes at most."""

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
        self._timeout = timeout
        self._on_date = on_date
        self._session = requests.Session()
        self._session.auth = self._signed  # so that no .netrc takes the header's place
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=16))

    def get(self, path: str, **params: object) -> Any:
        """What a GET below /api/v4 answers. MattermostError if it does not."""
        return self.call("GET", path, params=params)

    def post(self, path: str, body: object) -> Any:
        """What a POST of JSON below /api/v4 answers. MattermostError if it does not."""
        return self.call("POST", path, json=body)

    def call(self, method: str, path: str, base: str = "/api/v4", **options: Any) -> Any:
        """What a call answers, as JSON; None for an answer without. MattermostError if it is refused, or not there."""
        ends = time.monotonic() + 2 * self._timeout
        try:
            with self._session.request(
                method,
                f"{self.url}{base}{path}",
                timeout=self._timeout,
                verify=self.ca or True,
                allow_redirects=False,
                stream=True,
                **options,
            ) as answer:
                body = bytearray()
                for part in answer.iter_content(65536):
                    body += part
                    if len(body) > ANSWER_MAX or time.monotonic() > ends:
                        raise MattermostError("Mattermost's answer is too long, or takes too long")
        except OSError as error:  # requests' own among them
            raise _unreached(error) from error
        self._note_date(answer.headers)
        return _checked(answer, bytes(body))

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _note_date(self, headers: Mapping[str, str]) -> None:
        try:
            at = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        self.ahead = at.timestamp() - time.time()
        if self._on_date:
            self._on_date(at)


def _unreached(error: OSError) -> MattermostError:
    """Why there was no answer; whether the request may have got through all the same."""
    match error:
        case requests.exceptions.SSLError():
            why, sent = "its certificate is not trusted, or TLS failed: see `mattermost.ca`", False
        case requests.exceptions.ProxyError():
            why, sent = "the proxy does not lead there", False
        case requests.exceptions.ConnectTimeout():
            why, sent = "it did not answer in time", False
        case requests.exceptions.Timeout():
            why, sent = "it did not answer in time", True
        case requests.exceptions.ConnectionError() if "NewConnectionError" in repr(error):
            why, sent = "the connection was refused, or its name does not resolve", False
        case requests.RequestException():
            why, sent = "the connection broke", True
        case _:
            why, sent = "the file of `mattermost.ca` cannot be read", False
    return MattermostError(f"Mattermost cannot be reached: {why}", sent=sent)


def _checked(answer: requests.Response, body: bytes) -> Any:
    try:
        data = json.loads(body) if body else None
    except (ValueError, RecursionError):
        data = None
    status = answer.status_code
    if status in (200, 201):
        if data is None and body:
            raise MattermostError("Mattermost cannot be reached: something else answered (HTTP 200)", status=status)
        return data
    id = data.get("id") if isinstance(data, dict) else None
    id = id if isinstance(id, str) and _ID.fullmatch(id) else ""
    if status == 429:
        # Of the proxy in front, or Mattermost's own: X-Ratelimit-Reset says in how many seconds there is room again.
        named = answer.headers.get("Retry-After") or answer.headers.get("X-Ratelimit-Reset") or ""
        wait = min(float(named), RETRY_AFTER_MAX) if named.isascii() and named.isdigit() else RETRY_AFTER
        raise MattermostError("Mattermost asks for a pause (limit exceeded)", id, status, retry_after=wait)
    said = f"Mattermost answered {id}" if id else f"something else than Mattermost answered (HTTP {status})"
    raise MattermostError(said, id, status)
