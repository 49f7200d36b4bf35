"""What nobody configured costs nobody anything."""

import subprocess
import sys

from tests.acceptance.lab import ROOT

LOOKED_AT = """
import sys
import bot.app.serve, bot.app.operator, bot.app.doctor, bot.cli
from bot.settings.model import Settings
loaded = [name for name in sys.modules if name.startswith(("bot.notify", "apprise", "smtplib", "standardwebhooks"))]
assert loaded == [], loaded
from bot.notify.targets import notifiers_of
assert "apprise" not in sys.modules, "nor does who sends mail need Apprise"
"""


def test_nothing_of_notifiers_is_imported_without_one_nor_apprise_without_its_url() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKED_AT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
