"""How a Reply looks in a terminal or a pipe: `look_of` says what a stream shows, `render` lays a Reply out for it."""

from bot.terminal.look import Look, look_of
from bot.terminal.render import render

__all__ = ["Look", "look_of", "render"]
