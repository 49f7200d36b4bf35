"""Words to releases, as people type them in chat."""

from bot.matrix.known import Matrix
from bot.matrix.query import Query


class Reader:
    """Reads questions against one Matrix. Build it once; reading is pure."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def read(self, text: str) -> Query:
        """Read any text. Total: it never raises, whatever the text."""
        raise NotImplementedError
