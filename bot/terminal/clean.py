"""Text of a Reply is data. What could steer a terminal, or show other text than there is, never gets through."""

import re

_JOINER = "\u200d"  # holds an emoji of several parts together, as in a family or a flag
_LOOSE_JOINER = f"(?<!\\S){_JOINER}+|{_JOINER}+(?!\\S)|{_JOINER}{{2,}}"
_UNSAFE_IN_ADDRESS = re.compile(r"""[^!#-;=?-\[\]_a-z~]""")
_FOLLOWED = ("https://", "http://", "mailto:")


def cleaned(text: str) -> str:
    """One line of text without control characters, bidi overrides and lone surrogates; any white space is a space."""
    if text.isprintable():
        return text
    kept = "".join(c if c.isprintable() or c == _JOINER else " " if c.isspace() else "" for c in text)
    return re.sub(_LOOSE_JOINER, "", kept) if _JOINER in kept else kept


def address(url: str) -> str:
    """A URL in printable ASCII without spaces or quotes, so that it ends where it ends."""
    return _UNSAFE_IN_ADDRESS.sub(_percent, cleaned(url).strip())


def is_followed(url: str) -> bool:
    """Whether a click on it may open it: web and mail addresses only."""
    return url.lower().startswith(_FOLLOWED)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
