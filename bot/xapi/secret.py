"""A text that must not be seen."""

_LONG = 8


class Secret:
    """A password or a session reference on its way to the host. No repr, format or error shows it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the request, nothing else."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """A text of the host without the secret in it; short secrets are left, as they are part of many a word."""
        return text.replace(self._text, "[hidden]") if len(self._text) >= _LONG else text

    def __repr__(self) -> str:
        return "Secret(hidden)"
