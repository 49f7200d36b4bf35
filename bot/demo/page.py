"""Xen Orchestra's page as it might be tomorrow: the list as it is, with a release that is new and a sign that went."""

from datetime import date

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.matrix.support import Badge
from bot.published.merge import UNOFFICIAL

NEW = "XenServer 9.1"
DROPS = (Product.XCP_NG, "8.3")
"""The row that loses its sign of extra features."""


def listed_page(matrix: Matrix, day: date) -> str:
    """The page on a day as it is: the list in `matrix`."""
    return _page(matrix, day, is_changed=False)


def changed_page(matrix: Matrix, day: date) -> str:
    """The page on a day, made of the list in `matrix`. The same every time, but for what vendors end meanwhile."""
    return _page(matrix, day, is_changed=True)


def _page(matrix: Matrix, day: date, is_changed: bool) -> str:
    listed = matrix.published
    signs = {entry.badge: entry.emoji for entry in listed.legend}
    legend = (f"- {entry.emoji} {entry.words}" for entry in listed.legend)
    new = [f"- {NEW} {signs[Badge.FULL]}"] if is_changed else []
    lines = ["# Host Compatibility List", "", *legend, "", "## Hosts", "", *new]
    for row in listed.rows:
        if row.is_out(day):
            drops = is_changed and any((release.product, release.number) == DROPS for release in row.releases)
            left = [badge for badge in row.badges(day) if not (drops and badge is Badge.EXTRA_FEATURES)]
            shown = " ".join(signs[badge] for badge in left)
            lines.append(f"- {row.label(day)} {shown}{'' if row.support.official else f' ({UNOFFICIAL})'}")
    return "\n".join((*lines, ""))
