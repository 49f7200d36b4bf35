"""The list of attacks, and the run: one after the other, with look-ups all the while, and what came of each."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.bench.attack import (
    answers,
    damaged,
    database,
    doors,
    flood,
    framing,
    hosts,
    idle,
    kills,
    pages,
    payloads,
    signatures,
    trust,
    words,
)
from tests.bench.attack.stage import Stage, staged
from tests.bench.attack.tally import Tally

LOOK_UP_P99, GROWN = 1.0, 20.0
"""Seconds of a look-up while an attack runs, and megabytes that the product may have more after all of them."""

WARM_UP = 300
"""Look-ups before the memory is read, after each kind of request once: what a part needs it loads when it is used."""

SHOWN, CUT = 10, 300
"""Of what succeeded, so many are told, and so many characters of each. The same seed finds them again."""


class Attack(NamedTuple):
    """A row of the list. `tries` is how many a whole run makes at least; `holds` is what no try may break."""

    name: str
    tries: int
    holds: str
    run: Callable[[Stage, Tally, int], None]


ATTACKS: tuple[Attack, ...] = (
    Attack("signatures", 3_000, "what is not signed is a 4xx", signatures.attack),
    Attack("framing", 160, "never a 5xx, no request within another is answered", framing.attack),
    Attack("idle", 900, "a command and /healthz within 3 s, in each of five ways to serve", idle.attack),
    Attack("hosts", 470, "a probe ends within 30 s, 150 MB, and with a code of the contract", hosts.attack),
    Attack("payloads", 3_000, "never a 5xx, no incident", payloads.attack),
    Attack("doors", 3_000, "of Mattermost and assistants: never a 5xx, no incident, no secret kept", doors.attack),
    Attack("words", 3_000, "answered within a second, no ping, no incident, no secret kept", words.attack),
    Attack("pages", 40, "sync refuses within 30 s and 250 MB, and the list in use stays", pages.attack),
    Attack("trust", 1_000, "pages that name hosts are 403", trust.attack),
    Attack("answers", 20, "nobody but Slack is asked, and no answer is read without end", answers.attack),
    Attack("database", 100, "an acknowledgement within 3 s, /readyz too", database.attack),
    Attack("flood", 600, "others are answered as always, the audit trail is bounded", flood.attack),
    Attack("damaged", 200, "one plain line, no traceback", damaged.attack),
    Attack("kills", 5, "nothing is doubled, nothing is lost", kills.attack),
)
NAMES = tuple(attack.name for attack in ATTACKS)


def measure(only: Sequence[str], scale: float, seed: int) -> int:
    """Run attacks, a line of JSON each; 1 if any succeeded or a bound is broken, else 0."""
    fell = False
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, staged(Path(folder), seed) as stage:
        _warm_up(stage)
        before = stage.main.megabytes()
        for attack in ATTACKS:
            if attack.name in only:
                line = _ran(attack, stage, max(1, round(attack.tries * scale)))
                print(json.dumps(line, ensure_ascii=False), flush=True)
                fell = fell or bool(line["succeeded"]) or line["slow"] is True
        after = stage.main.megabytes()
    grown = after - before
    told = {"before_mb": round(before, 1), "after_mb": round(after, 1), "grown_too_much": grown > GROWN}
    print(json.dumps({"bench": "attack", "memory": told, "held": not (fell or grown > GROWN)}), flush=True)
    return int(fell or grown > GROWN)


def _warm_up(stage: Stage) -> None:
    """Use all of the product once, as people do."""
    with closing(stage.main.caller()) as caller:
        for typed in (*words.COMMANDS, "XenServer 7.2, XCP-ng 8.2", "can I use CBT on XenServer 7.1?", "XenServr 7,2"):
            caller.command(typed, response_url=stage.slack.response_url)
        for kind, payload in payloads.as_slack_sends(stage.slack.response_url):
            caller.post(*payloads.written(stage.random("warm up"), kind, payload))
    for _ in range(WARM_UP):
        stage.main.look_up()


def _ran(attack: Attack, stage: Stage, tries: int) -> dict[str, object]:
    """What came of an attack; `slow` if look-ups took too long or were not answered while it ran."""
    tally, begun = Tally(), time.monotonic()
    stage.pulses.clear()
    with stage.pulse(stage.main):
        attack.run(stage, tally, tries)
    p99 = max(pulse.p99 for pulse in stage.pulses)
    wrong = [each for pulse in stage.pulses for each in pulse.wrong]
    return {
        "attack": attack.name,
        "tries": tally.tries,
        "succeeded": len(tally.succeeded),
        "look_up_p99_s": round(p99, 3),
        "slow": p99 > LOOK_UP_P99 or bool(wrong),
        "seconds": round(time.monotonic() - begun, 1),
        **({"how": [each[:CUT] for each in tally.succeeded[:SHOWN]]} if tally.succeeded else {}),
        **({"look_ups_failed": [len(wrong), wrong[0]]} if wrong else {}),
    }
