"""Xen Orchestra's page as it might be tomorrow: the list as it is, with a release that is new and a sign that went."""

from collections.abc import Iterator
from datetime import date

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.matrix.support import Badge, ListRow
from bot.published.merge import UNOFFICIAL

NEW = "XenServer 9.1"
DROPS = (Product.XCP_NG, "8.2")
"""The row that loses its sign of extra features."""


def changed_page(matrix: Matrix, day: date) -> str:
    """The page on a day, made of the list in `matrix`. The same every time, but for what vendors end meanwhile."""
    return "\n".join(("# Host Compatibility List", "", *_legend(matrix), "", "## Hosts", "", *_rows(matrix, day), ""))


def _legend(matrix: Matrix) -> Iterator[str]:
    for entry in matrix.published.legend:
        yield f"- {entry.emoji} {entry.words}"


def _rows(matrix: Matrix, day: date) -> Iterator[str]:
    signs = {entry.badge: entry.emoji for entry in matrix.published.legend}
    yield f"- {NEW} {signs[Badge.FULL]}"
    for row in matrix.published.rows:
        if row.is_out(day):
            shown = " ".join(signs[badge] for badge in row.badges(day) if not _is_dropped(row, badge))
            yield f"- {row.label(day)} {shown}{'' if row.support.official else f' ({UNOFFICIAL})'}"


def _is_dropped(row: ListRow, badge: Badge) -> bool:
    is_row = any((release.product, release.number) == DROPS for release in row.releases)
    return is_row and badge is Badge.EXTRA_FEATURES
