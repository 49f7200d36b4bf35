"""An acknowledgement that says when it is on its way, so that what follows it does not overtake it."""

import threading

from slack_bolt import BoltResponse


class Acknowledgement(BoltResponse):
    """`sent` is set once the server has written it, or the socket has taken it."""

    def __init__(self, body: str) -> None:
        super().__init__(status=200, body=body)
        self.sent = threading.Event()


def is_sent(response: BoltResponse) -> None:
    """Whoever sends responses says so here, of each."""
    if isinstance(response, Acknowledgement):
        response.sent.set()
