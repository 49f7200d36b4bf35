"""What is in development: asked for by any of its numbers, and forgotten once it is out."""

import pytest

from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.published.merge import merged
from tests.published.listed import PARTIAL, READ_ON, new_row, page_of


@pytest.mark.parametrize("number", ["9", "9.0", "9.0.0", "9.x"])
def test_xcp_ng_9_is_in_development(matrix: Matrix, number: str) -> None:
    planned = matrix.planned(Product.XCP_NG, number)
    assert planned
    assert (planned.name, bool(planned.sources)) == ("XCP-ng 9.0", True)


@pytest.mark.parametrize(("product", "number"), [(Product.XENSERVER, "9"), (Product.XCP_NG, "10"), (None, "9")])
def test_nothing_else_is(matrix: Matrix, product: Product | None, number: str) -> None:
    assert matrix.planned(product, number) is None


def test_what_the_list_has_by_now_is_not_in_development_any_more(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XCP-ng 9.0", PARTIAL)), READ_ON)
    assert new.planned(Product.XCP_NG, "9") is None


@pytest.mark.parametrize("words", ["XCP-ng 9", "xcp-ng 9.0", "is there an XCP-ng 9.x"])
def test_the_reply_says_so_beside_the_nearest_names(desk: CommandRunner, words: str) -> None:
    said = desk.answer(words, frozenset({Right.LOOKUP})).summary
    assert " yet: XCP-ng 9.0 is in development for x86 and ARM" in said
    assert "XCP-ng 8.3 LTS" in said
