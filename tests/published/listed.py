"""Pages made by hand, for what is done with them once they are read."""

from datetime import date

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.matrix.support import Badge, ListRow
from bot.published.page import Page, PageRow

READ_ON = date(2026, 11, 25)
XCP, XS = Product.XCP_NG, Product.XENSERVER
FULL, PARTIAL, EXTRAS, SKULL = Badge


def page_of(matrix: Matrix, *more: PageRow, without: tuple[str, ...] = ()) -> Page:
    """The page that says what a list says, with more rows before it, and without those of some labels."""
    rows = (row_of(row) for row in matrix.published.rows if row.label(READ_ON) not in without)
    return Page((*more, *rows))


def row_of(row: ListRow) -> PageRow:
    """A row of a list as a page has it."""
    return PageRow(
        label=row.label(READ_ON),
        product=row.product,
        releases=tuple(release.number for release in row.releases),
        badges=row.badges(READ_ON),
        notes=() if row.support.official else ("Basic administration only, no official support",),
    )


def new_row(label: str, *badges: Badge, notes: tuple[str, ...] = ()) -> PageRow:
    """A row of one release, named by its label: "XenServer 9.1"."""
    name, _, number = label.removesuffix(" LTS").rpartition(" ")
    return PageRow(label, XCP if name == XCP else XS, (number,), badges, notes)
