"""What nobody configured costs nobody memory: what `serve` loads for Slack and SQLite alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.acceptance.lab import ROOT

SERVE = """
import json, sys, threading
from importlib.metadata import packages_distributions
from pathlib import Path
sys.modules["rich"] = None  # the library of the log loads it where the packages of the tests are
from bot.app.serve import ChatWay, ProcessPart, process_of
from bot.cli import main
from bot.settings import load_settings
settings = load_settings(None, json.loads(sys.argv[2]), Path(sys.argv[1]))
process_of(settings, ProcessPart.ALL, ChatWay.HTTP, threading.Event())
known = {"bot", *(name for name in packages_distributions() if not name.startswith("_"))}
print(json.dumps([name for name in sys.modules if name.partition(".")[0] in known]))
"""

# fmt: off
PACKAGES = {
    "annotated_types", "certifi", "charset_normalizer", "click", "idna", "markdown_it", "mdurl", "packaging",
    "prometheus_client", "pydantic", "pydantic_core", "requests", "rich", "slack_bolt", "slack_sdk", "sqlalchemy",
    "structlog", "typing_extensions", "typing_inspection", "urllib3", "waitress", "websocket", "yaml",
}
ROOMS = {
    "advisories", "alerts", "app", "catalogue", "chat", "cli", "errors", "fleet", "log", "masks", "matrix", "published",
    "query", "settings", "slack", "store", "terminal", "text", "web", "xapi", "xo",
}
# fmt: on
OF_OTHERS = ("sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "sqlalchemy.ext", "bot.query.grammar", "bot.app.sites")
"""Parts of these that only other configurations, or single questions, need."""


def test_serve_loads_no_package_and_no_room_of_what_is_not_configured(tmp_path: Path) -> None:
    environ = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    }
    make_tables = [sys.executable, "-m", "bot", "db", "upgrade"]  # which takes Alembic
    subprocess.run(make_tables, cwd=ROOT, env={**os.environ, **environ}, check=True, capture_output=True)
    command = [sys.executable, "-c", SERVE, str(tmp_path), json.dumps(environ)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert {name.partition(".")[0] for name in loaded} - PACKAGES == {"bot"}
    assert {name.split(".")[1] for name in loaded if name.startswith("bot.")} - ROOMS == set()
    assert [name for name in loaded if name.startswith(OF_OTHERS)] == []
