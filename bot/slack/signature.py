"""Slack's signature of a request: over the body as it arrived, with the app's signing secret, for five minutes."""

import re
from collections.abc import Callable, Mapping

from slack_sdk.signature import Clock, SignatureVerifier

SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
"""The headers, in lower case."""

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class _At(Clock):
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


class SlackSignature:
    """What tells a request of Slack's from others. `now` is in seconds since the epoch."""

    def __init__(self, signing_secret: str, now: Callable[[], float]) -> None:
        self._verifier = SignatureVerifier(signing_secret, _At(now))

    def holds(self, body: str | bytes, headers: Mapping[str, str]) -> bool:
        """Whether Slack signed this body, within five minutes of now; names of headers in lower case. Total."""
        timestamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        try:
            text = body.decode() if isinstance(body, bytes) else body
        except UnicodeDecodeError:
            return False
        # SignatureVerifier raises for a timestamp that is no number and for a signature that is not ASCII.
        return bool(
            _TIMESTAMP.fullmatch(timestamp)
            and _SIGNATURE.fullmatch(signature)
            and self._verifier.is_valid(text, timestamp, signature)
        )
