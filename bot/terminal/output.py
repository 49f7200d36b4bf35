"""Writing to a stream that may lack characters, or whose reader may have left."""

import os
from typing import TextIO

from bot.catalogue import say
from bot.errors import UnavailableError


def write(stream: TextIO, text: str) -> None:
    """Write text at once, with "?" for what the stream's encoding lacks.

    BrokenPipeError if nobody reads any more, UnavailableError if it cannot be written for another reason (a full disk).
    """
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        hang_up(stream)
        raise UnavailableError(
            say("The answer cannot be written: {error}.", error=error.strerror or str(error))
        ) from error


def hang_up(stream: TextIO) -> None:
    """After a BrokenPipeError: what the stream still holds goes nowhere, so that the exit finds nothing to complain of.

    As the documentation of Python's signal module shows ("Note on SIGPIPE").
    """
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # a stream without a descriptor holds nothing back
