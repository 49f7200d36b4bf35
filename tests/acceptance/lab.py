"""The lab: a local Slack and bots, each a process of its own, on ports of 127.0.0.1."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import websocket

from tests.acceptance.waiting import free_port, until

ROOT = Path(__file__).parents[2]
TEAM, CHANNEL, USER, APP, BOT_USER = "T0000001", "C0000001", "U0000001", "A0000001", "U0000BOT"
OTHER = "U0000002"
BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-of-the-lab", "xapp-of-the-lab", "a-signing-secret-of-the-lab"
Json = dict[str, Any]


class Process:
    """A child process whose stderr is kept. Stop it by `stop`; whatever is left is killed by `kill`."""

    def __init__(self, command: list[str], log: Path, environ: Mapping[str, str], cwd: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                command, cwd=cwd, env={**environ}, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def told(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[Json]:
        """The events of a name in a log of JSON lines."""
        lines = (line for line in self.told.splitlines() if line.startswith("{"))
        return [event for line in lines if (event := json.loads(line)).get("event") == name]

    def send(self, number: int) -> None:
        self._child.send_signal(number)

    def ended(self, seconds: float) -> int:
        """The exit status, once it ended by itself."""
        return self._child.wait(seconds)

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def stop(self, number: int = signal.SIGTERM, seconds: float = 15) -> int:
        self.send(number)
        return self.ended(seconds)

    def kill(self) -> None:
        if self.running:
            self._child.kill()
        self._child.wait(10)


class LocalSlack:
    """The local Slack, which can be stopped and started again on the same port."""

    def __init__(self, binary: Path, folder: Path, request_url: str | None = None) -> None:
        self.port = free_port()
        self._command = [str(binary), "--config", str(folder / "slack.json"), "--port", str(self.port)]
        self._command += ["--base-host", "127.0.0.1", "--files-dir", str(folder / "files")]
        self._folder = folder
        (folder / "slack.json").write_text(json.dumps(_workspace(request_url)), encoding="utf-8")
        self._process: Process | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = Process(self._command, self._folder / "slack.log", os.environ, self._folder)
        try:
            until(lambda: self.get("/_control/state"), 20, f"local Slack runs on {self.port}")
        except AssertionError:
            self.kill()  # whoever failed to get it has nothing to end
            raise

    def freeze(self) -> None:
        """Stop answering without closing anything, as a network does that fails silently."""
        assert self._process
        self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send(signal.SIGCONT)

    def kill(self) -> None:
        if self._process:
            self._process.kill()

    def get(self, path: str) -> Json:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as response:
            return dict(json.load(response))

    def tell(self, what: str, **fields: Any) -> Json:
        request = urllib.request.Request(
            f"{self.address}/_control/{what}",
            json.dumps({"channel": CHANNEL, "user": USER, **fields}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            return dict(json.load(response))

    def direct(self, user: str = USER) -> str:
        """The id of somebody's conversation with the bot."""
        body, bearer = urlencode({"users": user}).encode(), {"authorization": f"Bearer {BOT_TOKEN}"}
        request = urllib.request.Request(f"{self.address}/api/conversations.open", body, bearer)
        with urllib.request.urlopen(request, timeout=5) as response:
            return str(json.load(response)["channel"]["id"])

    def command(self, text: str, user: str = USER) -> None:
        self.tell("command", command="/xocompat", text=text, appId=APP, user=user)

    def press(self, message: Json, label: str, user: str = USER) -> None:
        """Press the button of a message that has this label."""
        buttons = [e for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]
        button = next(button for button in buttons if button.get("text", {}).get("text") == label)
        action = {"type": "button", "block_id": "b", **{key: button[key] for key in ("action_id", "value")}}
        self.tell("interact", messageTs=message["ts"], user=user, action=action)

    def choose(self, message: Json, action_id: str, label: str) -> None:
        """Choose from a menu of a message."""
        menus = [e for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]
        menu = next(menu for menu in menus if menu["action_id"] == action_id)
        option = next(option for option in menu["options"] if option["text"]["text"] == label)
        action = {"type": menu["type"], "block_id": "b", "action_id": action_id, "selected_option": option}
        self.tell("interact", messageTs=message["ts"], action=action)

    def home(self, user: str) -> Json | None:
        """What the bot has published to somebody's App Home; None before it has."""
        page = websocket.create_connection(f"ws://127.0.0.1:{self.port}/ui", timeout=5)
        try:
            view = json.loads(page.recv())["state"]["homeViews"].get(user, {}).get(APP)
        finally:
            page.close()
        return dict(view) if view else None

    def pick(self, block: str, element: str, value: str) -> None:
        """Choose an option of the list in the modal that is open, and send the modal off."""
        option = {"text": {"type": "plain_text", "text": value}, "value": value}
        self.submit({block: {element: {"type": "static_select", "selected_option": option}}})

    def submit(self, values: Json) -> None:
        """Send the modal that is open off, with these values."""
        page = websocket.create_connection(f"ws://127.0.0.1:{self.port}/ui", timeout=5)
        try:
            page.send(json.dumps({"t": "view_submit", "user": USER, "values": values}))
        finally:
            page.close()

    def log(self, kind: str) -> list[Json]:
        """What happened between Slack and the bot, of one kind."""
        return [entry for entry in self.get("/_control/log")["log"] if entry["kind"] == kind]

    def messages(self, channel: str = CHANNEL) -> list[Json]:
        """What the bot has said in a channel, to one or to all."""
        return [m for m in self.get(f"/_control/messages/{channel}")["messages"] if m.get("user") == BOT_USER]

    def wait_for(
        self, text: str, seconds: float = 10, also: Callable[[Json], bool] = bool, channel: str = CHANNEL
    ) -> Json:
        """The first message of the bot that holds a text and meets a condition."""

        def found() -> Json | None:
            said = (m for m in self.messages(channel) if text in json.dumps(m, ensure_ascii=False))
            return next(filter(also, said), None)

        return until(found, seconds, f"a message with {text!r}")


def _workspace(request_url: str | None) -> Json:
    app = {
        "appId": APP,
        "botUserId": BOT_USER,
        "botName": "xocompat",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": SECRET,
        "mode": "events" if request_url else "socket",
    }
    return {
        "workspace": {"name": "Lab", "domain": "lab", "teamId": TEAM},
        "apps": [app | ({"requestUrl": request_url} if request_url else {})],
        "users": [
            {"id": USER, "name": "ann", "real_name": "Ann", "email": "ann@example.org"},
            {"id": OTHER, "name": "ben", "real_name": "Ben", "email": "ben@example.org"},
        ],
        "channels": [{"id": CHANNEL, "name": "general", "members": [USER, OTHER, BOT_USER]}],
    }


def environment(folder: Path, api: str, port: int, **more: str) -> dict[str, str]:
    """What a bot is started with: nothing of ours but what is named here."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error::ResourceWarning",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_API_URL": f"{api}/api/",
        "PORT": str(port),
        "XOCOMPAT_LIST__URL": "http://127.0.0.1:9/list.md",  # where nobody listens: no test asks the network
        **more,
    }
