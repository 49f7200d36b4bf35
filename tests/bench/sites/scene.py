"""A server with the configuration of `sites config`, a centre that serves, and workers: each a process of its own."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.sites.server_config import make_nats_config
from tests.acceptance.lab import ROOT, Process
from tests.acceptance.waiting import free_port, until
from tests.bench.serving import WITHOUT_RICH
from tests.bench.sites.crowd import CrowdOrder
from tests.sites.nats_server import NatsServer

TICKS = os.sysconf("SC_CLK_TCK")
UP_WITHIN = 60.0
WITHIN = 300.0


@dataclass
class Scene:
    """All that takes part; what it started is ended by whoever made it."""

    folder: Path
    server: NatsServer
    centre: Process
    workers: list[Process] = field(default_factory=list)
    crowds: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def count(self, query: str, *values: object) -> int:
        """A number of the centre's database."""
        with closing(sqlite3.connect(f"file:{self.folder / 'centre.db'}?mode=ro", uri=True)) as database:
            return int(database.execute(query, values).fetchone()[0])

    def recorded(self) -> int:
        """How many hosts the centre has."""
        return self.count("SELECT count(DISTINCT uuid) FROM sightings")

    def tried(self, site: str, since: str = "") -> int:
        """How many targets of a site have answered, or failed to, since a moment."""
        return self.count("SELECT count(*) FROM sources WHERE name LIKE ? AND tried_at > ?", f"{site}/%", since)

    def crowd(self, order: CrowdOrder) -> "subprocess.Popen[str]":
        """Workers whose hosts answer by themselves. They have begun when this returns, and asked all once."""
        command = [sys.executable, "-m", "tests.bench.sites.crowd"]
        with (self.folder / f"crowd-{len(self.crowds)}.log").open("w") as log:
            crowd = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.crowds.append(crowd)
        assert crowd.stdin
        assert crowd.stdout
        crowd.stdin.write(json.dumps(order._asdict()) + "\n")
        crowd.stdin.flush()
        assert crowd.stdout.readline() == "ready\n", "a crowd could not begin: see its log"
        return crowd

    def worker(self, site: str, targets: str, environ: dict[str, str]) -> Process:
        """`xocompat site`, with an inventory in YAML."""
        number = len(self.workers)
        config = self.keys / "sites" / site / f"worker-{number}.yaml"
        own = (config.parent / "xocompat.yaml").read_text()
        config.write_text(f"{own}sweep: {{every: 24h}}\n{targets}")
        command = [sys.executable, "-c", WITHOUT_RICH, "site", "--config", str(config)]
        worker = Process(command, self.folder / f"worker-{number}.log", {**os.environ, **environ}, ROOT)
        self.workers.append(worker)
        return worker

    def sweep(self) -> "subprocess.Popen[str]":
        """`xocompat sweep` at the centre, under way."""
        command = [sys.executable, "-m", "bot", "sweep", "--json", "--config", str(self.config)]
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **self.environ}, stdout=subprocess.PIPE, text=True
        )

    @property
    def config(self) -> Path:
        return self.keys / "centre" / "xocompat.yaml"

    @property
    def environ(self) -> dict[str, str]:
        return {"DATABASE_URL": f"sqlite:///{self.folder / 'centre.db'}"}


@contextmanager
def scene(folder: Path, sites: Sequence[str]) -> Iterator[Scene]:
    """The server and the centre, connected with one another."""
    server = NatsServer(folder)
    server.port = 4222  # at an address of its own
    made = make_nats_config(sites, folder / "keys", f"tls://{server.address}:{server.port}")
    server.configure(made.text)
    with server:
        config = made.folder / "centre" / "xocompat.yaml"
        config.write_text(f"{config.read_text()}log: {{format: json}}\nalerts: {{channel: C0123456789}}\n")
        environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'centre.db'}", "PORT": str(free_port())}
        command = [sys.executable, "-m", "bot", "serve", "--config", str(config)]
        centre = Process(command, folder / "centre.log", environ, ROOT)
        made_scene = Scene(folder, server, centre)
        try:
            until(lambda: centre.events("NATS connected"), UP_WITHIN, "the centre has its server")
            yield made_scene
        finally:
            for crowd in made_scene.crowds:
                crowd.kill()
                crowd.wait()
                for stream in (crowd.stdin, crowd.stdout):
                    if stream:
                        stream.close()
            for process in (*made_scene.workers, centre):
                process.kill()


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(pid: int, what: str = "VmHWM") -> float:
    """Memory that was resident at most, or is (VmRSS)."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return round(int(found[1]) / 1024, 1)
