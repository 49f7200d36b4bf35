"""What stops the work. Expected outcomes (an unknown version, a host that is down) are values, not exceptions.

XocompatError            one line for the user: what is wrong, and what to do
├── UsageError           the words or options cannot be read                    exit 2
│   └── UnknownError     they name something that there is not                  exit 3
├── ConfigError          the configuration has problems, all of them listed     exit 2
├── DataError            a file of data/ has problems, all of them listed       exit 2
└── UnavailableError     something outside did not do its part (Slack, disk)    exit 1
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class XocompatError(Exception):
    """Base of all errors that are told to a user. `lines` are complete sentences without control characters."""

    exit_status = 1

    @property
    def lines(self) -> tuple[str, ...]:
        return (str(self),)


class UsageError(XocompatError):
    """The words or options that were given make no command."""

    exit_status = 2


class UnknownError(UsageError):
    """The words can be read, and name something that there is not: an alert, a command. `data` is that for scripts."""

    exit_status = 3

    def __init__(self, said: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(said)
        self.data = data


class UnavailableError(XocompatError):
    """Something outside (network, Slack, disk) did not do its part."""


class Problem(NamedTuple):
    """One mistake in a file: where it is, what is wrong there, and what is allowed instead."""

    file: str
    key: str
    what: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.what}" if self.key else f"{where}: {self.what}"


class ProblemsError(XocompatError):
    """A file was refused as a whole. `problems` holds every mistake found, not only the first."""

    exit_status = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(map(str, self.problems))


class ConfigError(ProblemsError):
    """The configuration (file or environment) has problems."""


class DataError(ProblemsError):
    """A file of data/ has problems."""


def what_and_mend(message: str) -> tuple[str, str]:
    """A message of ours as what happened and what to do: its first sentence and the others, without the stop between.

    The second part is empty where the message has one sentence.
    """
    what, _, mend = message.partition(". ")
    return what, mend
