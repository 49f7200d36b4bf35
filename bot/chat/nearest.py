"""Near names for what was mistyped, where the names are ours: issue ids, features, commands."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(typed: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Names that look like what was typed, or hold it, best first."""
    known = {name.casefold(): name for name in names}
    wanted = typed.casefold()[:60]
    holding = [name for key, name in known.items() if wanted and wanted in key]
    close = [known[key] for key in get_close_matches(wanted, known, n=most, cutoff=0.5)]
    return list(dict.fromkeys([*holding, *close]))[:most]
