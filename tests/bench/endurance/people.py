"""People who acknowledge and snooze: by buttons, signed as Slack signs them, and by words in a shell."""

import http.client
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from bot.slack.manifest import EVENTS_PATH
from tests.alerts.delivery.slack import Kept
from tests.slack.signed import headers, press

Element = dict[str, Any]


class People:
    """They act at random, and count what came of it."""

    def __init__(self, port: int, config: Path, environ: Mapping[str, str], random: Random) -> None:
        self._port, self._config, self._environ, self._random = port, config, environ, random
        self._shells: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.done: Counter[str] = Counter()

    def press(self, channel: str, messages: list[Kept]) -> None:
        """Somebody presses a button that a bulletin has."""
        shown = [element for message in messages for element in _elements(message)]
        if not shown:
            return
        element = self._random.choice(shown)
        action = {"type": element["type"], "action_id": element["action_id"], "block_id": "b"}
        if element["type"] == "button":
            action["value"] = element["value"]
        else:
            action["selected_option"] = self._random.choice(element["options"][:3])
        body = press("", "", None, channel={"id": channel}, actions=[action])
        self.done[f"pressed {_label(element)}: {self._post(body)}"] += 1

    def _post(self, body: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=3)
        try:
            connection.request("POST", EVENTS_PATH, body.encode(), headers(body))
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return "nobody there"
        finally:
            connection.close()

    def type(self, alert: int) -> None:
        """Somebody types words about an alert into a shell; nobody waits for the end of it."""
        self._reap()
        words = self._random.choice((["ack", f"{alert}"], ["snooze", f"{alert}", "1h"], ["snooze", f"{alert}", "7d"]))
        command = [sys.executable, "-m", "bot", *words, "--config", str(self._config)]
        quiet = subprocess.DEVNULL
        child = subprocess.Popen(command, env={**self._environ}, stdin=quiet, stdout=quiet, stderr=quiet)
        self._shells.append((words[0], child))

    def _reap(self, seconds: float | None = None) -> None:
        for words, child in [*self._shells]:
            if seconds:
                child.wait(seconds)
            if (status := child.poll()) is not None:
                self.done[f"typed {words}: exit {status}"] += 1
                self._shells.remove((words, child))

    def go(self) -> None:
        """Wait for whoever still types."""
        self._reap(60)


def _elements(message: Kept) -> list[Element]:
    """What of a bulletin acts on alerts."""
    actions = (block["elements"] for block in message.blocks if block["type"] == "actions")
    return [element for elements in actions for element in elements if _label(element) in ("Acknowledge", "Snooze")]


def _label(element: Element) -> str:
    return str((element.get("text") or element["placeholder"])["text"])
