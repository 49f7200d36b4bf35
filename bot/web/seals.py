"""What proves that a callback carries words of ours, where a platform signs none of what it sends.

A button's context holds for as long as its message stands; a dialog's state, which its user can read, for a while.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Container, Mapping
from typing import Any

ENDS_AFTER = 15 * 60
"""Seconds for which a dialog can be sent off."""


class Seals:
    """Signs and checks with a key that is made of the bot's token: whoever has that can post as the bot anyway.

    `label` names what is signed, so that no other use of the token has the same key. `clock` is in seconds since the
    epoch.
    """

    def __init__(self, token: str, label: str, clock: Callable[[], float]) -> None:
        self._key = hmac.digest(token.encode(), label.encode(), "sha256")
        self._clock = clock

    def signed(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """A context with its signature. It may hold texts and lists of texts alone: those survive every JSON."""
        return {**context, "sig": self._signature("context", context)}

    def opened(self, context: object, added: Container[str] = ()) -> dict[str, Any] | None:
        """What was signed in a context that came back; None for one that was not signed by us.

        `added` are names of what the platform puts into a context by itself, which nobody signed.
        """
        return self._opened("context", context, added)

    def state(self, content: Mapping[str, Any]) -> str:
        """A dialog's state. It can be read by its user, and not be changed."""
        inner = {**content, "ends": str(int(self._clock()) + ENDS_AFTER)}
        signed = {**inner, "sig": self._signature("state", inner)}
        return base64.urlsafe_b64encode(json.dumps(signed).encode()).decode()

    def read_state(self, state: object) -> dict[str, Any] | None:
        """What was signed in a state; None for one that is not ours, or that ended."""
        try:
            content = json.loads(base64.b64decode(state if isinstance(state, str) else "", b"-_", validate=True))
        except (ValueError, RecursionError):
            return None
        inner = self._opened("state", content)
        return inner if inner and int(inner["ends"]) > self._clock() else None

    def _signature(self, purpose: str, inner: Mapping[str, Any]) -> str:
        data = json.dumps([purpose, inner], sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, data.encode(), hashlib.sha256).hexdigest()

    def _opened(self, purpose: str, content: object, added: Container[str] = ()) -> dict[str, Any] | None:
        signature = content.get("sig") if isinstance(content, dict) else None
        if not (isinstance(content, dict) and isinstance(signature, str)):
            return None
        inner = {key: value for key, value in content.items() if key != "sig" and key not in added}
        try:
            signed = self._signature(purpose, inner)
        except RecursionError:  # what could just be read may be nested too deeply to be written
            return None
        # JSON may hold half of a surrogate pair, for which UTF-8 has no bytes.
        is_ours = hmac.compare_digest(signature.encode(errors="replace"), signed.encode())
        return inner if is_ours else None
