"""How a simulation begins and ends: as a part of a process, and as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from bot.settings import load_settings
from bot.simulator import (
    PASSWORD,
    PASSWORD_VARIABLE,
    Silence,
    SimHost,
    SimPool,
    Simulator,
    SimulatorError,
    as_yaml,
    demo_fleet,
    large_fleet,
    lone,
    release,
)
from tests.simulator.client import connected
from tests.simulator.conftest import Simulate

COMMAND = [sys.executable, "-m", "bot.simulator"]


def open_sockets() -> int:
    """How many sockets this process has; Linux says it, elsewhere the warnings about unclosed ones must do."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return 0
    links = [os.readlink(entry) for entry in folder.iterdir() if entry.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


def test_nothing_is_left_of_a_simulation_not_even_of_visitors_that_stay() -> None:
    threads, sockets = threading.active_count(), open_sockets()
    with Simulator(demo_fleet()) as simulator:
        simulator["xen-2"].fail(Silence())
        inside = [connected(simulator[name].address) for name in ("xen-1", "xen-2", "office-1")]
        connections = [manager.__enter__() for manager in inside]
        connections[0].login()
        connections[1].send(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345")
        waiting = socket.create_connection(simulator["edge-1"].address[:2])  # never says hello
    for manager in inside:
        manager.__exit__(None, None, None)
    waiting.close()
    assert (threading.active_count(), open_sockets()) == (threads, sockets)
    with pytest.raises(SimulatorError, match="ended"):
        _ = simulator["xen-1"].seen


def test_a_port_that_is_taken_is_a_clear_error_and_leaves_nothing() -> None:
    threads = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = SimHost("xen-1", release("XCP-ng", "8.3"))
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorError, match=f"Port {port} is not free"), Simulator([SimPool((host,), port=port)]):
            pass
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (["--port", "65535"], 1, "There is no port 65536"),
        (["--fleet", "0"], 2, "must be 1 or more"),
    ],
)
def test_the_command_says_what_can_not_be(words: list[str], status: int, expected: str) -> None:
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (status, "")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_too_few_open_files_are_told_before_anything_runs() -> None:
    few = "import resource, sys, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 1200)); "
    run = "sys.argv[1:] = ['--fleet', '300']; runpy.run_module('bot.simulator', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", few + run], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "300 hosts need 1300 open files, the limit is 1200: raise it (ulimit -Hn).\n"


def test_many_hosts_are_one_thread(simulate: Simulate) -> None:
    threads = threading.active_count()
    simulator = simulate(*large_fleet(300, pool_size=3))
    assert threading.active_count() == threads + 1
    assert len(simulator.targets) == 100
    assert len({host.address[:2] for host in simulator.hosts}) == 300
    for target in simulator.targets[::20]:
        with connected(target.address) as connection:
            connection.login(target.user.name, target.user.password)
    with connected(simulator["sim-00007-2"].address) as connection:
        assert connection.json("session.login_with_password", "", "")["error"]["data"] == ["127.0.0.1"]


def test_a_pool_takes_any_number_of_members(simulate: Simulate) -> None:
    runs = release("XCP-ng", "8.3")
    simulator = simulate(SimPool(tuple(SimHost(f"xen-{number}", runs) for number in range(300))))
    assert simulator["xen-299"].address.host == "127.0.1.44"
    with connected(simulator["xen-0"].address) as connection:
        assert len(connection.json("host.get_all", connection.login())["result"]) == 300


def test_the_demos_fleet_has_something_of_everything(simulate: Simulate) -> None:
    simulator = simulate(*demo_fleet())
    runs = {f"{host.now.release.product} {host.now.release.name}" for host in simulator.hosts}
    assert runs == {"XCP-ng 8.3", "XCP-ng 8.2", "XCP-ng 7.6", "XenServer 8", "XenServer 7.2"}
    pins = {target.name: target.address.pin for target in simulator.targets}
    assert pins["moved-a"] != simulator["moved-1"].address.pin
    assert pins["lab-a"] == simulator["xen-1"].address.pin
    assert not simulator["spare-1"].now.up


def test_the_snippet_is_a_configuration(simulate: Simulate, tmp_path: Path) -> None:
    old = SimHost("xen-90", release("XenServer", "6.1"))
    simulator = simulate(*demo_fleet(), lone(old))
    text = as_yaml(simulator.targets)
    assert yaml.safe_load(text)["targets"][-1]["tls"]["minimum"] == "1.0"
    file = tmp_path / "xocompat.yaml"
    file.write_text(text)
    settings = load_settings(file, {PASSWORD_VARIABLE: PASSWORD}, tmp_path)
    assert [target.name for target in settings.targets] == [target.name for target in simulator.targets]
    assert [member.host for member in settings.targets[1].members] == ["127.0.0.1"]


def test_the_command_prints_an_inventory_and_ends_with_ctrl_c() -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended before it had printed an inventory"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert len(yaml.safe_load("".join(lines))["targets"]) == 8


def test_the_command_serves_programs() -> None:
    command = [*COMMAND, "--fleet", "5", "--pool-size", "2", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        targets = json.loads(process.stdout.readline())["targets"]
        with socket.create_connection(tuple(targets[2]["address"].split(":"))):
            pass
        process.terminate()
        assert process.wait(10) == 0
    assert [len(target["also"]) for target in targets] == [1, 1, 0]
