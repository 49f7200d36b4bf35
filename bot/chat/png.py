"""SVG of our own as PNG, by resvg-py, which the extra `pictures` brings."""

from importlib import import_module

from bot.catalogue import say
from bot.errors import UnavailableError

WIDTH = 1200
"""Pixels of a picture: twice as many as its units, so that it stays sharp where it is enlarged."""

_LETTERS = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="sans-serif">{}</svg>'


def png(svg: str, width: int) -> bytes:
    """A picture so many pixels wide.

    UnavailableError says what is missing: the extra, or any font of the system's (without one its words are invisible).
    """
    try:
        draw = import_module("resvg_py").svg_to_bytes
    except ImportError:
        raise UnavailableError(
            say("PNG needs the extra `pictures`: pip install 'xocompat[pictures]'. `timeline --svg` works without it.")
        ) from None
    blank, written = (draw(svg_string=_LETTERS.format(text)) for text in ("", '<text y="15">xo</text>'))
    if blank == written:
        raise UnavailableError(
            say("No picture can be drawn: there is no font for its words. Install one (Debian: fonts-dejavu-core).")
        )
    return bytes(draw(svg_string=svg, width=width))
