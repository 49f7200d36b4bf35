"""Versions compared as rpm does it: https://rpm-software-management.github.io/rpm/manual/dependencies.html.

Only values of one product line can be compared: the dist tags of two lines have no order that means anything.
"""

import re
from functools import lru_cache
from typing import Final

_RUN: Final = re.compile(r"[0-9]+|[a-zA-Z]+|[~^]")


def compare_versions(one: str, other: str) -> int:
    """-1, 0 or 1 as the first one is older than the other, the same, or newer: a version alone, or a release alone.

    Runs of digits compare as numbers, runs of letters by ASCII, digits are newer than letters; whatever else stands
    between them only separates. With all that equal, the longer one is newer. `~` is older than the end, `^` newer than
    the end and older than anything else.
    """
    left, right = _RUN.findall(one), _RUN.findall(other)
    for place in range(max(len(left), len(right))):
        a = left[place] if place < len(left) else ""
        b = right[place] if place < len(right) else ""
        if a == b:
            continue
        for sign, beside_the_end in (("~", -1), ("^", 1)):
            if sign in (a, b):
                ours = beside_the_end if not (a and b) else -1
                return ours if a == sign else -ours
        if not (a and b):
            return 1 if a else -1
        if a.isdigit() and b.isdigit():
            a, b = a.lstrip("0"), b.lstrip("0")
            if a == b:
                continue
            return 1 if (len(a), a) > (len(b), b) else -1
        if a.isdigit() != b.isdigit():
            return 1 if a.isdigit() else -1
        return 1 if a > b else -1
    return 0


@lru_cache(4096)
def compare_builds(one: str, other: str) -> int:
    """-1, 0 or 1, as above, for `version-release`, split at the first hyphen."""
    version, _, release = one.partition("-")
    version_2, _, release_2 = other.partition("-")
    return compare_versions(version, version_2) or compare_versions(release, release_2)
