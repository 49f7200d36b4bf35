"""A real Matrix homeserver (Synapse) and a real Alertmanager, each a process of its own. CI must have both.

Synapse is in a virtual environment of its own, `.venv-homeserver`, made of requirements-homeserver.txt (`.ci/run` makes
it); Alertmanager is Debian's package `prometheus-alertmanager`.
"""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.acceptance.lab import ROOT
from tests.acceptance.waiting import free_port, until
from tests.parts import missing

_SECRET = "shared-by-the-tests"


def asked(method: str, url: str, body: Any = None, token: str | None = None) -> Any:
    """The JSON that a server answers."""
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=10) as response:
        return json.loads(response.read() or b"null")


class Homeserver:
    """Synapse with a user of ours in a room."""

    def __init__(self, url: str) -> None:
        self.url = url
        nonce = asked("GET", f"{url}/_synapse/admin/v1/register")["nonce"]
        mac = hmac.new(_SECRET.encode(), f"{nonce}\0xocompat\0pw\0notadmin".encode(), hashlib.sha1).hexdigest()
        user = {"nonce": nonce, "username": "xocompat", "password": "pw", "admin": False, "mac": mac}
        self.token = str(asked("POST", f"{url}/_synapse/admin/v1/register", user)["access_token"])
        self.room = str(asked("POST", f"{url}/_matrix/client/v3/createRoom", {"name": "ops"}, self.token)["room_id"])

    def messages(self) -> list[Any]:
        """The messages of the room, oldest first."""
        path = f"/_matrix/client/v3/rooms/{quote(self.room, safe='')}/messages?dir=f&limit=100"
        return [each for each in asked("GET", self.url + path, token=self.token)["chunk"] if _is_message(each)]

    def event(self, id: str) -> Any:
        """An event as a client gets it: with what became of it."""
        path = f"/_matrix/client/v3/rooms/{quote(self.room, safe='')}/event/{quote(id, safe='')}"
        return asked("GET", self.url + path, token=self.token)


def _is_message(event: Any) -> bool:
    return bool(event["type"] == "m.room.message")


@contextmanager
def homeserver(folder: Path) -> Iterator[Homeserver]:
    python = Path(os.environ.get("XOCOMPAT_TEST_HOMESERVER") or ROOT / ".venv-homeserver" / "bin" / "python")
    if not python.exists():
        missing(f"Synapse is not installed: {python}")
    port = free_port()
    config = {
        "server_name": "example.org",
        "listeners": [
            {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "registration_shared_secret": _SECRET,
        "macaroon_secret_key": _SECRET,
        "form_secret": _SECRET,
        "report_stats": False,
        "trusted_key_servers": [],
        "media_store_path": str(folder),
        "signing_key_path": str(folder / "signing.key"),
        "rc_message": {"per_second": 0.2, "burst_count": 10},
        "pid_file": str(folder / "pid"),
    }
    file = folder / "homeserver.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [str(python), "-m", "synapse.app.homeserver", "-c", str(file)]
    subprocess.run([*command, "--generate-keys"], cwd=folder, check=True, capture_output=True, timeout=60)
    with _running(command, folder) as log:
        url = f"http://127.0.0.1:{port}"
        until(lambda: asked("GET", f"{url}/_matrix/client/versions"), 60, f"Synapse runs ({log})")
        yield Homeserver(url)


@contextmanager
def alertmanager(folder: Path) -> Iterator[str]:
    """The address of one."""
    binary = shutil.which("prometheus-alertmanager") or os.environ.get("XOCOMPAT_TEST_ALERTMANAGER")
    if not binary:
        missing("prometheus-alertmanager is not installed")
    file, port = folder / "alertmanager.yml", free_port()
    file.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", encoding="utf-8")
    command = [binary, f"--config.file={file}", f"--storage.path={folder}", "--cluster.listen-address="]
    with _running([*command, f"--web.listen-address=127.0.0.1:{port}"], folder) as log:
        url = f"http://127.0.0.1:{port}"
        until(lambda: asked("GET", f"{url}/api/v2/status"), 30, f"Alertmanager runs ({log})")
        yield url


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[Path]:
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield log
    finally:
        process.kill()
        process.wait(20)
