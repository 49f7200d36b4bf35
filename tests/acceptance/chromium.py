"""Headless Chromium, driven by its DevTools protocol: a page is opened, clicked on and photographed."""

import base64
import json
import shutil
import subprocess
import urllib.request
from itertools import count
from pathlib import Path
from typing import Any, Self

import websocket

from tests.acceptance.waiting import until


def chromium() -> str | None:
    """The browser's program, where there is one: Debian's package `chromium`."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)


class Browser:
    """One page of a size in pixels, drawn `scale` times as large. Use it as a context."""

    def __init__(self, chromium: str, folder: Path, width: int, height: int, scale: float) -> None:
        self._profile = folder / "profile"
        size = (f"--force-device-scale-factor={scale}", f"--window-size={width},{height}")
        command = [chromium, *FLAGS, *size, f"--user-data-dir={self._profile}", "about:blank"]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._numbers = count(1)

    def __enter__(self) -> Self:
        where = self._profile / "DevToolsActivePort"
        port = until(lambda: where.exists() and next(iter(where.read_text().splitlines()), None), 30, "Chromium runs")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as response:
            page = next(each for each in json.load(response) if each["type"] == "page")
        self._page = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._page.close()
        self._child.terminate()
        self._child.wait(10)

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """Show the page as on a screen of so many pixels, a narrow one as on a phone."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)

    def open(self, address: str) -> None:
        self._call("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """What an expression of JavaScript gives in the page."""
        return self._call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, script: str) -> None:
        """Until an expression is true in the page."""
        until(lambda: self.run(script), 15, script)

    def click(self, selector: str, text: str = "") -> None:
        """Click on the last element of a kind that holds a text, once there is one."""
        found = f"[...document.querySelectorAll({selector!r})].filter(e => e.textContent.includes({text!r})).at(-1)"
        self.wait(f"!!{found}")
        self.run(f"{found}.click()")

    def photograph(self, picture: Path) -> None:
        self.run("document.fonts.ready")
        data = self._call("Page.captureScreenshot", format="png")["data"]
        picture.write_bytes(base64.b64decode(data))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._page.send(json.dumps({"id": number, "method": method, "params": params}))
        while (told := json.loads(self._page.recv())).get("id") != number:
            pass  # an event
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']['message']}")
        return dict(told["result"])
