"""A Slack whose weather changes: calm, calls that go wrong, too many requests, away altogether."""

from collections import Counter
from random import Random

from tests.alerts.delivery.weather import Answer, Call, Calm, Fault, Foul, Said, Weather, strike

FOUL_SHARE, LIMITED_SHARE = 0.25, 0.3
RETRY_AFTER = 7


class Away:
    """Nobody answers: connections are dropped."""

    def meet(self, call: Call, answer: Answer) -> Said | None:
        return strike(Fault.DROPPED_BEFORE, call, answer)


class Limiting:
    """Too many requests, a share of the calls: come back in some seconds."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def meet(self, call: Call, answer: Answer) -> Said | None:
        fault = Fault.LIMITED if self._random.random() < LIMITED_SHARE else Fault.NONE
        return strike(fault, call, answer, limited=RETRY_AFTER)


class Sky:
    """The weather of the moment. `calls` counts by weather and method."""

    def __init__(self, random: Random) -> None:
        self._kinds: dict[str, Weather] = {
            "calm": Calm(),
            "foul": Foul(random, FOUL_SHARE),
            "limiting": Limiting(random),
            "away": Away(),
        }
        self._random = random
        self.kind = "calm"
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def change(self) -> float:
        """Another weather; seconds that it lasts."""
        self.kind = "calm" if self.kind != "calm" else self._random.choice(("foul", "foul", "limiting", "away"))
        lasts = 60.0 if self.kind == "away" else self._random.uniform(40, 120)
        self.seconds[self.kind] += round(lasts)
        return lasts

    def clear(self) -> None:
        self.kind = "calm"

    def meet(self, call: Call, answer: Answer) -> Said | None:
        kind = self.kind
        self.calls[kind] += 1
        return self._kinds[kind].meet(call, answer)
