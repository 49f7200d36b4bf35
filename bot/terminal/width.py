"""How many columns text takes. The usual text is measured here; anything else asks wcwidth, whose import takes longer
than a whole look-up."""

_SIGNS = ("✅", "❎", "❔", "🚀", "🟢", "🟠", "🕓", "📄", "☠\ufe0f", "⚠\ufe0f")
"""The signs of our own replies, all two columns wide. The variation selector is what makes the last two wide."""


def width(text: str) -> int:
    """The columns of cleaned text: CJK and emoji take two, combining characters none."""
    if text.isascii():
        return len(text)
    plain = text
    for sign in _SIGNS:
        plain = plain.replace(sign, "  ")
    if all(map(_is_narrow, plain)):
        return len(plain)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def _is_narrow(char: str) -> bool:
    """Latin letters, dashes and dots, arrows, lines: one column each, whatever stands beside them."""
    return (
        char < "\u0300" or "\u2010" <= char <= "\u2027" or "\u2190" <= char <= "\u21ff" or "\u2500" <= char <= "\u257f"
    )
