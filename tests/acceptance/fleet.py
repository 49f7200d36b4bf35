"""A fleet for a bot to ask: simulated hosts in the test's process, a configuration file for the bot's."""

from pathlib import Path

from bot.simulator import PASSWORD, PASSWORD_VARIABLE, Simulator, as_yaml
from tests.acceptance.lab import USER

GRANT = f"access: {{grants: [{{who: {USER}, may: [probe]}}]}}\n"
NO_GRANT = "access: {grants: []}\n"


def configured(folder: Path, simulator: Simulator, access: str = GRANT, password: str = PASSWORD) -> dict[str, str]:
    """What the environment of a bot needs for it to ask the simulation, in a configuration that is written here."""
    path = folder / "xocompat.yaml"
    path.write_text(as_yaml(simulator.targets) + access, encoding="utf-8")
    return {"XOCOMPAT_CONFIG": str(path), PASSWORD_VARIABLE: password}
