"""Words that a shell can complete: what the commands of chat understand, by command."""

from bot.chat.command import CommandSpec
from bot.chat.commands import CHECK, COMMANDS, FEATURE, HELP, ISSUES, LIST, TIMELINE, UNWATCH, UPGRADE, WATCH
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product


def candidates(spec: CommandSpec, incomplete: str) -> list[str]:
    """The words that begin with what was typed, whatever the case. A name of two words is completed word by word."""
    return [word for word in _words(spec, load_matrix()) if word.casefold().startswith(incomplete.casefold())]


def _words(spec: CommandSpec, matrix: Matrix) -> list[str]:
    releases = [*Product, *dict.fromkeys(release.number for release in matrix.releases)]
    words: dict[str, list[str]] = {
        CHECK.name: releases,
        UPGRADE.name: releases,
        ISSUES.name: [*(issue.id for issue in matrix.issues), *releases],
        FEATURE.name: [feature.id for feature in matrix.features],
        LIST.name: [product.lower() for product in Product],
        TIMELINE.name: [product.lower() for product in Product],
        WATCH.name: [*releases, "pool", "all", "lead"],
        UNWATCH.name: [*releases, "pool", "all"],
        HELP.name: list(COMMANDS),
    }
    return words.get(spec.name, [])
