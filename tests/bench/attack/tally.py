"""What came of an attack."""

import threading


class Tally:
    """Counts tries, from whatever thread, and keeps what succeeded: what was tried, and what the product did."""

    def __init__(self) -> None:
        self.tries = 0
        self.succeeded: list[str] = []
        self._lock = threading.Lock()

    def tried(self, what: str, wrong: str = "") -> None:
        """A try; `wrong` says how it succeeded, and is empty if the product held."""
        with self._lock:
            self.tries += 1
            if wrong:
                self.succeeded.append(f"{what}: {wrong}")
