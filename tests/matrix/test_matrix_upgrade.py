"""The path with the fewest documented steps, over releases that are made up."""

from collections.abc import Sequence
from datetime import date

import pytest
from packaging.version import Version

from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.release import Product, Release
from bot.matrix.upgrade import Hop, shortest

TODAY = date(2026, 11, 23)
XCP, XS = Product.XCP_NG, Product.XENSERVER


def _release(name: str) -> Release:
    """`x1` is of XCP-ng, `s1` of XenServer. `x9` is not out yet, `x2` is past its end of life."""
    product, number = (XCP if name[0] == "x" else XS), name[1:]
    released = PartialDate(2027, 1, 1) if number == "9" else PartialDate(2010, 1, 1)
    eol = date(2020, 1, 1) if number == "2" else None
    return Release(product, number, f"{product} {number}", Version(number), Lifecycle(released, None, eol))


RELEASES = {name: _release(name) for name in ("x1", "x2", "x3", "x4", "x9", "s1", "s2", "s3", "s4")}


def _steps(hops: Sequence[str], start: str, goal: str) -> list[str] | None:
    """The names on the path, where `hops` are documented as "x1>x2"."""
    leaving: dict[Release, list[Hop]] = {}
    for hop in hops:
        left, right = (RELEASES[name] for name in hop.split(">"))
        leaving.setdefault(left, []).append(Hop(left, right, right.base_name, "", "", (), ()))
    path = shortest(leaving, RELEASES[start], RELEASES[goal], TODAY)
    names = {release: name for name, release in RELEASES.items()}
    return None if path is None else [names[hop.to] for hop in path]


@pytest.mark.parametrize(
    ("hops", "start", "goal", "path"),
    [
        ([], "x1", "x3", None),
        (["x1>x3"], "x1", "x3", ["x3"]),
        (["x3>x1"], "x1", "x3", None),
        (["x1>x3", "x3>x4"], "x1", "x4", ["x3", "x4"]),
        (["x1>x3", "x3>x4", "x1>x4"], "x1", "x4", ["x4"]),
        (["x1>x2", "x2>x3"], "x1", "x3", ["x2", "x3"]),
        (["x1>x9", "x9>x4"], "x1", "x4", None),
        (["x1>x9"], "x1", "x9", ["x9"]),
        (["x1>x3", "x3>x1", "x3>x4"], "x1", "x4", ["x3", "x4"]),
        (["x1>x3", "x3>x1"], "x1", "x4", None),
        (["s1>s3", "s3>x4", "s1>x3", "x3>x4"], "s1", "x4", ["x3", "x4"]),
        (["s1>x3", "x3>s4", "s1>s3", "s3>s4"], "s1", "s4", ["s3", "s4"]),
        (["x1>x3", "x3>x4", "x1>x2", "x2>x4"], "x1", "x4", ["x3", "x4"]),
    ],
    ids=[
        "nothing is documented",
        "one step",
        "not backwards",
        "two steps",
        "the fewest",
        "by way of what is past its end",
        "not by way of what is not out",
        "to what is not out, if that is asked",
        "round a circle",
        "out of a circle without an end",
        "who crosses over does so at once",
        "who stays does not cross over",
        "of equals the first in the data",
    ],
)
def test_the_path_with_the_fewest_steps_is_taken(
    hops: Sequence[str], start: str, goal: str, path: list[str] | None
) -> None:
    assert _steps(hops, start, goal) == path


def test_what_to_install_has_the_name_of_the_day_or_the_level_that_is_documented() -> None:
    start = RELEASES["x1"]
    lts = start._replace(lifecycle=Lifecycle(None, None, None, lts_since=date(2025, 6, 16)), number="5")
    to_release = Hop(start, lts, lts.base_name, "", "", (), ())
    assert to_release.arrival(date(2025, 6, 15)) == "XCP-ng 1"
    assert to_release.arrival(date(2025, 6, 16)) == "XCP-ng 1 LTS"
    assert to_release._replace(arrives_at="XCP-ng 1.2.1").arrival(date(2025, 6, 16)) == "XCP-ng 1.2.1"
