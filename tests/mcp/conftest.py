"""The demo's fleet behind a configuration, swept once, for assistants to ask about."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog
from mcp.server import MCPServer

from bot.app.assistants import AssistantDoor
from bot.chat.command import Right
from bot.cli import main
from bot.mcp.assistant import Assistant, with_rights
from bot.mcp.tools import tool_server
from bot.settings import load_settings
from bot.simulator import PASSWORD, PASSWORD_VARIABLE, Simulator, as_yaml
from bot.simulator.fleets import demo_fleet

ALL = frozenset(Right)
ANN, BEN = "U0000001", "U0000002"
"""People of the home workspace; the first one may see the fleet."""

GRANTS = (
    f"access: {{grants: [{{who: mcp, may: [fleet]}}, {{who: {ANN}, may: [fleet]}}, {{who: '*', may: [probe]}}, "
    f"{{who: {BEN}, where: C0000001, may: [fleet]}}]}}\n"
)
TOKEN = "a-token-of-some-length"


class AskedFleet(NamedTuple):
    """A folder with a configuration and a database, and what of the environment both need."""

    folder: Path
    environ: dict[str, str]

    @property
    def config(self) -> Path:
        return self.folder / "xocompat.yaml"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskedFleet]:
    folder = tmp_path_factory.mktemp("asked")
    with pytest.MonkeyPatch.context() as patch, Simulator(demo_fleet()) as simulator:
        settings = f"database: sqlite:///{folder}/fleet.db\n{as_yaml(simulator.targets)}{GRANTS}"
        (folder / "xocompat.yaml").write_text(settings, encoding="utf-8")
        environ = {PASSWORD_VARIABLE: PASSWORD, "XOCOMPAT_CONFIG": str(folder / "xocompat.yaml")}
        for name, value in environ.items():
            patch.setenv(name, value)
        assert main(["sweep"]) == 0
        yield AskedFleet(folder, environ)


ServerFor = Callable[[frozenset[Right]], MCPServer]


@pytest.fixture(scope="module")
def server_for(fleet: AskedFleet) -> Iterator[ServerFor]:
    """Gives a server for an assistant with some rights."""
    settings = load_settings(fleet.config, fleet.environ, fleet.folder)
    doors: list[AssistantDoor] = []

    def made(rights: frozenset[Right]) -> MCPServer:
        doors.append(AssistantDoor(settings, True))
        log = structlog.get_logger().bind()
        return tool_server(Assistant(with_rights("mcp:ann", rights), doors[-1].runner, doors[-1].record, log))

    yield made
    for door in doors:
        door.close()
