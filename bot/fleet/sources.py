"""Asking a source of the inventory, whichever kind it is."""

from collections.abc import Callable, Mapping

from bot.fleet.hosts import PollResult, Source, SourceKind
from bot.xapi.observation import Probed
from bot.xapi.target import Target
from bot.xo.orchestra import Orchestra


class SourceClient:
    """Targets through XAPI, Xen Orchestras through theirs. Thread-safe if the two ways of asking are.

    The mappings are by name; names are unique among both.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        orchestras: Mapping[str, Orchestra],
        probe: Callable[[Target], Probed],
        ask_orchestra: Callable[[Orchestra], tuple[Probed, ...]],
    ) -> None:
        self._targets = targets
        self._orchestras = orchestras
        self._probe = probe
        self._ask_orchestra = ask_orchestra

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that a sweep asks: targets, then Xen Orchestras, each in the configuration's order."""
        return (
            *(Source(name, SourceKind.TARGET, target.tags) for name, target in self._targets.items()),
            *(Source(name, SourceKind.XEN_ORCHESTRA, xo.tags) for name, xo in self._orchestras.items()),
        )

    def tell(self, source: Source) -> PollResult:
        """What one of `sources` answers now. Blocks until it has answered, or its time is up."""
        if source.kind is SourceKind.TARGET:
            return PollResult(source, (self._probe(self._targets[source.name]),))
        return PollResult(source, self._ask_orchestra(self._orchestras[source.name]))
