"""Where attacks happen: a Slack that takes everything, a simulated host, and products that go with their attack."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from itertools import count
from pathlib import Path

from bot.simulator import PASSWORD, PASSWORD_VARIABLE, SimHost, SimPool, Simulator, as_yaml, release
from tests.acceptance.bots import HTTP, SOCKET, procfile
from tests.acceptance.chats import mattermost_way
from tests.acceptance.waiting import free_port, until
from tests.bench.attack.product import Assisting, Commanded, Listening, Product, Pulse
from tests.bench.attack.shell import run
from tests.mattermost.standin import Mattermost
from tests.slack.standin import StandIn
from tests.slack.websockets import Line, Server

TOKEN = "a-token-of-the-attacks"
CHANNEL = "C0000001"
_SETTINGS = """
sweep: {every: 700d}
access: {grants: [{who: "*", may: [probe, fleet, operate]}]}
web: {token_env: ATTACKED_WEB_TOKEN}
log: {format: json}
"""


class Way(Enum):
    """How the product hears from Slack."""

    HTTP = "serve"
    GUNICORN = "gunicorn"
    SOCKET_MODE = "Socket Mode"
    MATTERMOST = "Mattermost"
    ASSISTANTS = "mcp"


class Stage:
    """What attacks share. `main` is the product that is there all the time, over HTTP, on SQLite."""

    def __init__(self, folder: Path, seed: int, slack: StandIn, simulator: Simulator) -> None:
        self.folder, self.slack, self.simulator = folder, slack, simulator
        self.seed = seed
        self.main: Product
        self.pulses: list[Pulse] = []
        self._numbers = count(1)

    def random(self, name: str) -> random.Random:
        """Chance for an attack: the same for the same seed, whichever other attacks there are."""
        return random.Random(f"{self.seed} {name}")

    def room(self, name: str) -> Path:
        """A folder of its own."""
        made = self.folder / f"{name.replace(' ', '-')}-{next(self._numbers)}"
        made.mkdir()
        return made

    def config(self, folder: Path, extra: str = "") -> Path:
        """The configuration of a product: the simulated host, and everybody may everything."""
        path = folder / "xocompat.yaml"
        path.write_text(as_yaml(self.simulator.targets) + _SETTINGS + extra, encoding="utf-8")
        return path

    @contextmanager
    def product(self, way: Way = Way.HTTP, database: str = "", **environ: str) -> Iterator[Product]:
        """One in a folder of its own, ready, until the attack is over."""
        folder = self.room(way.value)
        about = {
            "XOCOMPAT_CONFIG": str(self.config(folder)),
            PASSWORD_VARIABLE: PASSWORD,
            "ATTACKED_WEB_TOKEN": TOKEN,
            "DATABASE_URL": database or f"sqlite:///{folder / 'xocompat.db'}",
            **environ,
        }
        with ExitStack() as stack:
            if way is Way.SOCKET_MODE:
                server = stack.enter_context(Server(_hello))
                self.slack.answers["apps.connections.open"] = {"ok": True, "url": server.url}
                listening = Listening(folder, self.slack.address, {**SOCKET, **about})
                stack.callback(_end, listening)
                listening.line = server.line(1)
                product: Product = listening
            elif way is Way.MATTERMOST:
                product = self._commanded(stack, folder, about)
            elif way is Way.ASSISTANTS:
                product = self._assisting(stack, folder, about)
            else:
                command = procfile("web") if way is Way.GUNICORN else None
                product = Product(folder, self.slack.address, {**HTTP, **about}, command)
                stack.callback(_end, product)
            product.database = folder / "xocompat.db"
            product.wait_until_ready(40)
            until(lambda: not product.look_up(), 20, "looks things up")
            yield product

    def _commanded(self, stack: ExitStack, folder: Path, about: dict[str, str]) -> Product:
        server, port = stack.enter_context(Mattermost()), free_port()
        channel = server.channel("general")
        way, config = mattermost_way(server, port)
        self.config(folder, config)
        product = Commanded(folder, self.slack.address, {**about, **way}, port=port)
        stack.callback(_end, product)
        product.server, product.channel = server, channel
        product.command = {"token": way["MATTERMOST_COMMAND_TOKEN"], "team_domain": "lab", "command": "/xocompat"}
        product.command |= {"channel_id": channel.id, "channel_name": "general"}
        return product

    def _assisting(self, stack: ExitStack, folder: Path, about: dict[str, str]) -> Product:
        migrated = run(["db", "upgrade"], folder, Path(about["XOCOMPAT_CONFIG"]), DATABASE_URL=about["DATABASE_URL"])
        assert migrated.status == 0, migrated.err
        port = free_port()
        command = [sys.executable, "-m", "bot", "mcp", "--http", f"127.0.0.1:{port}"]
        let_in = {"XOCOMPAT_MCP_TOKEN": TOKEN, "XOCOMPAT_MCP__SLACK": "true", **HTTP}
        product = Assisting(folder, self.slack.address, {**about, **let_in}, command, port)
        stack.callback(_end, product)
        return product

    @contextmanager
    def pulse(self, product: Product) -> Iterator[Pulse]:
        """Somebody looks things up there all the while."""
        with Pulse(product) as pulse:
            self.pulses.append(pulse)
            yield pulse


def _end(product: Product) -> None:
    """In order, so that gunicorn's workers go with it; by force where that takes too long."""
    try:
        product.stop(seconds=20)
    except subprocess.TimeoutExpired:
        product.kill()


def _hello(line: Line) -> None:
    line.say({"type": "hello", "num_connections": 1})


@contextmanager
def staged(folder: Path, seed: int) -> Iterator[Stage]:
    """The stage, with its main product."""
    host = SimHost("xen-1", release("XCP-ng", "8.3"))
    with StandIn() as slack, Simulator([SimPool((host,), name="lab")]) as simulator:
        slack.answers["chat.postMessage"] = {"ok": True, "channel": CHANNEL, "ts": "1795434045.000300"}
        stage = Stage(folder, seed, slack, simulator)
        with stage.product() as stage.main:
            yield stage
