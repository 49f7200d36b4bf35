"""Slips of the finger: which name was meant by a word that is nearly one."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

LONG = 7
"""A name from so many letters on may have two mistakes; those of less than four letters must be right."""

LONGEST = 20


def mistyped(word: str, names: Iterable[str]) -> list[str]:
    """The names of commands that a word may be a slip of the finger for, the likeliest first; at most two.

    A letter is wrong, missing, too many, or swapped with its neighbour; in a long name this may have happened twice.
    """
    typed = word.strip("?!.,;:").casefold()
    if not typed.isalpha() or len(typed) > LONGEST:
        return []
    found: dict[int, list[str]] = {1: [], 2: []}
    for name in names:
        mistakes = next((n for n in (1, 2) if _shortened(typed, n) & _shortened(name, n)), None)
        allowed = 0 if len(name) < 4 else 1 if len(name) < LONG else 2
        if mistakes and mistakes <= allowed and name != typed:
            found[mistakes].append(name)
    return [*found[1], *found[2]][:2]


@lru_cache(256)
def _shortened(word: str, letters: int) -> frozenset[str]:
    """A word without any so many of its letters, or fewer: two words that share one differ by as many mistakes."""
    places = range(len(word))
    lacking = (set(gone) for count in range(letters + 1) for gone in combinations(places, count))
    return frozenset("".join(word[at] for at in places if at not in gone) for gone in lacking)
