"""What stands in the windows in which somebody gives what words lack, whatever a platform makes of windows."""

from typing import NamedTuple

from bot.catalogue import say
from bot.chat.commands import FLEET


class WindowWords(NamedTuple):
    """The title, the button that sends it off, what the field is for, and what it is good to know below that."""

    title: str
    submit: str
    label: str
    hint: str = ""


def host_words(command: str) -> WindowWords:
    """Of a window to pick a host in, for a command: to be asked, or to be found in the fleet."""
    alone = say("The reply is for your eyes only.")
    if command == FLEET.name:
        return WindowWords(say("Find a host"), say("Find"), say("Host or pool"), alone)
    return WindowWords(say("Ask a host"), say("Probe"), say("Host"), alone)


def moment_words(words: str) -> WindowWords:
    """Of a window that asks for the moment that the words lack. It is named by their command."""
    if words.endswith(" planned"):
        return WindowWords(say("Planned for"), say("Planned for"), say("When (your time)"))
    return WindowWords(say("Snooze"), say("Snooze"), say("Until (your time)"))


def note_words() -> WindowWords:
    """Of a window to type a note in."""
    hint = say("It stands in the alert's message and in its thread, with your name.")
    return WindowWords(say("Add a note"), say("Add"), say("Note"), hint)
