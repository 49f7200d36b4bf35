"""The run: what happens when, until the time is over; then calm, and the proof."""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import select

from bot.simulator import PASSWORD, PASSWORD_VARIABLE, Simulator, as_yaml
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from bot.store.tables import alerts, sweeps
from tests.acceptance.lab import USER, environment
from tests.acceptance.waiting import free_port, until
from tests.alerts.delivery.kills import KillMoment, KillSwitch, PlannedKill
from tests.alerts.delivery.slack import TOKEN, Slack
from tests.bench.endurance.fate import Fate
from tests.bench.endurance.people import People
from tests.bench.endurance.proof import Records, current, delivered, noted, swept, true, weighed
from tests.bench.endurance.served import Served
from tests.bench.endurance.skies import Sky
from tests.bench.endurance.world import World, pools
from tests.slack.signed import SECRET

EVERY = timedelta(seconds=20)
LAB, PROD = "C0000001", "C0000002"
TICK = 0.05

_CONFIG = """
database: sqlite:///{database}
sweep: {{every: 20s}}
alerts:
  routes:
    - {{tags: [lab], channel: {lab}}}
    - {{tags: [prod, edge], channel: {prod}}}
access: {{grants: [{{who: {user}, may: [probe, fleet, operate]}}]}}
log: {{format: json}}
"""


class Scene(NamedTuple):
    """All that takes part."""

    slack: Slack
    sky: Sky
    reaper: KillSwitch
    world: World
    people: People
    served: Served
    database: Database
    random: Random


def measure(minutes: float, kills: int, seed: int) -> dict[str, object]:
    """Figures of a run; `verdict` names what went wrong. Logs and the database are left in a folder."""
    folder = Path(tempfile.mkdtemp(prefix="endurance-"))
    print(f"in {folder}", file=sys.stderr, flush=True)
    with _scene(folder, Random(seed)) as scene:
        died = _live(scene, 60 * minutes, kills)
        unsettled = not _settle(scene)
        status = scene.served.stop()
        found = {
            "minutes": round((scene.served.lives[-1].ended or 0) - scene.served.lives[0].began) / 60,
            "seed": seed,
            "kills": died,
            "died_by_itself": [life.status for life in scene.served.lives[:-1] if life.status != -9],
            "exit_status": status,
            "unsettled": unsettled,
            **_proof(scene, folder),
        }
    (folder / "figures.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {**found, "verdict": _wrong(found)}


@contextmanager
def _scene(folder: Path, random: Random) -> Iterator[Scene]:
    sky = Sky(random)
    reaper = KillSwitch(sky)
    with Simulator(pools()) as simulator, Slack(reaper) as slack:
        slack.room(LAB), slack.room(PROD)
        config, port, database = folder / "xocompat.yaml", free_port(), folder / "xocompat.db"
        told = _CONFIG.format(database=database, lab=LAB, prod=PROD, user=USER)
        config.write_text(as_yaml(simulator.targets) + told, encoding="utf-8")
        more = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.api, "SLACK_SIGNING_SECRET": SECRET}
        environ = environment(folder, "", port, **{PASSWORD_VARIABLE: PASSWORD}, **more)
        served = Served(folder, config, environ)
        reaper.arm(PlannedKill(KillMoment.BY_THE_CLOCK, 0, 0), served)  # at nobody
        people = People(port, config, environ, random)
        database_ = Database(f"sqlite:///{database}")
        try:
            until(lambda: "serving" in served.logs, 30, "serve has begun")
            yield Scene(slack, sky, reaper, World(simulator, random), people, served, database_, random)
        finally:
            served.abandon()
            database_.close()


def _live(scene: Scene, seconds: float, kills: int) -> dict[str, int]:
    """Let things happen until the time is over; how many kills there were, by their kind."""
    begun, never = time.monotonic(), threading.Event()
    moments = [scene.random.uniform(0.03, 0.97) * seconds for _ in range(kills)]
    fate = Fate(scene.served, scene.reaper, lambda: _is_sweeping(scene), moments)
    calendar = _calendar(scene, min(1.0, seconds / 300))  # a short run is livelier
    due = {name: 5.0 * at for at, name in enumerate(calendar, 1)}
    while (now := time.monotonic() - begun) < seconds or not fate.is_over:
        scene.served.tend()
        fate.tend(now)
        for name, at in due.items():
            if now >= at:
                happens, again = calendar[name]
                due[name] = now + (happens() or again())
        never.wait(TICK)
    return dict(fate.kills)


def _calendar(scene: Scene, pace: float) -> dict[str, tuple[Callable[[], float | None], Callable[[], float]]]:
    """What happens again and again, and after how many seconds, unless it says that itself."""

    def within(least: float, most: float) -> Callable[[], float]:
        return lambda: scene.random.uniform(least, most) * pace

    return {
        "weighing": (scene.served.weigh, lambda: 5.0),
        "world": (scene.world.change, within(6, 26)),
        "sky": (lambda: scene.sky.change() * pace, lambda: 0.0),
        "press": (lambda: _press(scene), within(20, 60)),
        "words": (lambda: _type(scene), within(60, 140)),
    }


def _is_sweeping(scene: Scene) -> bool:
    with scene.database.reading() as connection:
        last = connection.execute(select(sweeps).order_by(sweeps.c.id.desc()).limit(1)).first()
    return last is not None and last.finished_at is None


def _press(scene: Scene) -> None:
    channel = scene.random.choice((LAB, PROD))
    scene.people.press(channel, [*scene.slack.room(channel).messages])


def _type(scene: Scene) -> None:
    with scene.database.reading() as connection:
        found = connection.scalars(select(alerts.c.id).where(alerts.c.resolved_at.is_(None))).all()
    if found:
        scene.people.type(scene.random.choice(found))


def _settle(scene: Scene) -> bool:
    """Calm weather, and nothing changes any more: until the world is swept and all is sent; False if that hangs."""
    scene.sky.clear()
    scene.world.rest()
    scene.people.go()
    outbox, begun = SqlOutbox(scene.database), _count(scene)
    try:
        until(lambda: _count(scene) >= begun + 3, 10 * EVERY.total_seconds(), "swept again")
        until(lambda: not outbox.states(), 180, "all is sent")
    except AssertionError:
        return False
    finally:
        scene.served.weigh()
    return True


def _count(scene: Scene) -> int:
    with scene.database.reading() as connection:
        return len(connection.execute(select(sweeps.c.id).where(sweeps.c.finished_at.is_not(None))).all())


def _proof(scene: Scene, folder: Path) -> dict[str, object]:
    kept = Records.read(scene.database)
    said = {channel: [asdict(message) for message in scene.slack.room(channel).messages] for channel in (LAB, PROD)}
    (folder / "channels.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    return {
        **delivered(kept, scene.slack, (LAB, PROD)),
        **current(kept, scene.slack),
        **true(kept, scene.world.runs(), {"lab": LAB, "prod": PROD, "edge": PROD}),
        **swept(kept, EVERY, scene.served.lives),
        **weighed(scene.served.memory),
        **noted(scene.served.logs),
        "world": dict(scene.world.changes),
        "people": dict(sorted(scene.people.done.items())),
        "weather_seconds": dict(scene.sky.seconds),
        "calls": dict(scene.sky.calls),
    }


NOTHING_OF = (
    "died_by_itself",
    "unsettled",
    "lost",
    "doubled",
    "strange",
    "disordered",
    "open_twice",
    "open_in_closed_bulletin",
    "bulletins_wrong",
    "bulletins_over",
    "hosts_not_told",
    "hosts_told_wrongly",
    "unreachable",
    "slots_twice",
    "slots_missed",
    "incidents",
    "tracebacks",
    "exit_status",
)
"""Figures that must be 0, or empty."""


def _wrong(found: dict[str, object]) -> list[str]:
    return [name for name in NOTHING_OF if found[name]]
