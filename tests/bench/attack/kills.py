"""SIGKILL at any moment, with a restart: the endurance bench, short; nothing may be there twice."""

from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.bench.endurance import run

TWICE = ("doubled", "strange", "open_twice", "slots_twice", "lost", "tracebacks", "incidents")


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """So many kills, each ten seconds after the one before."""
    found = run.measure(tries / 6, tries, stage.seed)
    for _ in range(tries):
        tally.tried("a kill")
    for name in TWICE:
        tally.tried(name, f"{found[name]}" if found[name] else "")
