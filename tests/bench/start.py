"""A cold start of `xocompat XenServer 7.2`, against importing its libraries; and what it must not import."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.timing import paired

ROOT = Path(__file__).parents[2]
OURS = (str(Path(sys.executable).with_name("xocompat")), "XenServer", "7.2")
REFERENCE = (sys.executable, "-c", "import click, yaml, packaging.version")
FOREIGN = (
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "prometheus_client",
    "waitress",
    "websocket",
    "rich",
    "pydantic",
    "pathlib",
    "calendar",
    "requests",
    "structlog",
    "cryptography",
    "bot.store",
    "bot.fleet",
    "bot.xapi",
)


def measure(pairs: int = 25) -> dict[str, object]:
    """Seconds of both, pair by pair, and the modules that a look-up imported although it should not."""
    times = paired(lambda: _seconds(OURS), lambda: _seconds(REFERENCE), pairs)
    return {**times, "unit": "s", "reference_is": " ".join(REFERENCE[1:]), "foreign_imports": foreign_imports()}


def _seconds(command: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=_environment())
    return time.perf_counter() - begun


def _environment() -> dict[str, str]:
    """Modules are compiled once, as they are where a program is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def foreign_imports() -> list[str]:
    """Modules of Slack, databases and the like that a look-up loaded: there should be none."""
    script = (
        "import sys; from bot.cli import main; main(['XenServer', '7.2']);"
        f"print(*[name for name in {FOREIGN!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    return ran.stderr.split()
