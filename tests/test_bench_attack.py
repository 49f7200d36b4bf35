"""The list of attacks works: each row tries something, and what does not hold is counted and ends with 1."""

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.attack import run
from tests.bench.attack.framing import Framing, framings
from tests.bench.attack.shell import Ran
from tests.bench.attack.signatures import FORGERIES
from tests.bench.attack.stage import Stage, staged
from tests.bench.attack.tally import Tally

WHOLE = {
    "signatures": 3_000,
    "framing": 80,
    "hosts": 450,
    "payloads": 3_000,
    "words": 3_000,
    "damaged": 200,
    "doors": 3_000,
}
FEW = {
    "signatures": len(FORGERIES),
    "framing": 4,
    "hosts": 2,
    "payloads": 15,
    "words": 12,
    "trust": 4,
    "damaged": 2,
    "doors": 16,
}


def test_a_whole_run_tries_as_much_as_was_promised() -> None:
    tries = {attack.name: attack.tries for attack in run.ATTACKS}
    assert {name: tries[name] >= count for name, count in WHOLE.items()} == dict.fromkeys(WHOLE, True)
    assert len([*framings()]) >= WHOLE["framing"]


def test_attacks_run_in_small_numbers(tmp_path: Path) -> None:
    with staged(tmp_path, seed=1) as stage:
        for attack in run.ATTACKS:
            if attack.name in FEW:
                tally = Tally()
                attack.run(stage, tally, FEW[attack.name])
                assert tally.tries >= FEW[attack.name], attack.name
                assert all(": " in each for each in tally.succeeded)


def test_signatures_hold(capsys: pytest.CaptureFixture[str]) -> None:
    main(["attack", "--only", "signatures", "--scale", "0.05"])
    line, end = (json.loads(each) for each in capsys.readouterr().out.splitlines())
    assert (line["attack"], line["tries"], line["succeeded"]) == ("signatures", 150, 0)
    assert {"before_mb", "after_mb", "grown_too_much"} == {*end["memory"]}


@pytest.mark.parametrize("holds", [True, False])
def test_an_attack_that_succeeds_ends_the_list_with_1(
    holds: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def attack(_: Stage, tally: Tally, tries: int) -> None:
        for _at in range(tries):
            tally.tried("a door", "" if holds else "is open")

    monkeypatch.setattr(run, "ATTACKS", (run.Attack("door", 3, "it is shut", attack),))
    monkeypatch.setattr(run, "LOOK_UP_P99", 60.0)
    assert run.measure(["door"], 1, 1) == (0 if holds else 1)
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["tries"], line["succeeded"], line.get("how", [])[:1]) == (
        3,
        0 if holds else 3,
        [] if holds else ["a door: is open"],
    )


def test_an_unknown_attack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["attack", "--only", "signatures,windows"])
    assert "windows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ran", "untidy"),
    [
        (Ran(1, "", "xocompat: The database is damaged.\n", 0.5, 70), False),
        (Ran(0, "fine", "", 0.5, 70), False),
        (Ran(1, "", "Traceback (most recent call last):\nValueError\n", 0.5, 70), True),
        (Ran(1, "", "one\ntwo\n", 0.5, 70), True),
        (Ran(-9, "", "", 60, 0), True),
    ],
)
def test_a_command_that_does_not_end_in_one_line_is_untidy(ran: Ran, untidy: bool) -> None:
    assert bool(ran.untidy) is untidy


def test_names_of_framings_are_told_apart() -> None:
    listed: list[Framing] = [*framings()]
    assert len({each.data for each in listed}) > 0.9 * len(listed)
