"""What commands share: the day that is meant, the products or releases that are named, where the facts come from."""

from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.reply import RichText, line
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.matrix.wording import day_in_words
from bot.query.query import Query


def read(ports: Ports, asked: Invocation) -> tuple[Query, date]:
    """The query and the day it is about: "on DATE" in the words wins over the day of the invocation."""
    query = ports.reader.read(asked.words)
    if query.bad_date:
        raise UsageError(f'"{query.bad_date}" is not a day: write it as 2028-12-01.')
    return query, query.on or asked.day


def read_product(ports: Ports, asked: Invocation) -> tuple[tuple[Product, ...], date]:
    """The products that a command is about (both if none is named) and the day. UsageError for other words."""
    query, day = read(ports, asked)
    products = {part.product for part in query.parts}
    if any(part.releases or part.level for part in query.parts) or None in products:
        takes = f"{asked.command.name} {asked.command.takes}"
        raise UsageError(f"`{asked.command.name}` takes a product or nothing: {takes}.")
    return tuple(product for product in Product if product in products or not products), day


def context(matrix: Matrix, day: date) -> tuple[RichText, ...]:
    """The quiet line at the end: the day asked about, and how old the facts are."""
    published = matrix.published
    return (
        line(
            f"As of {day_in_words(day)} · {published.source.title} of {day_in_words(published.read_on)}"
            f" · vendor lifecycle of {day_in_words(matrix.lifecycle_read_on)}"
        ),
    )
