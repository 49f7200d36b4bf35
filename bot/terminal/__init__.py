"""A Reply in a terminal or a pipe: `render` lays it out for what `capabilities_of` says a stream shows."""

from bot.terminal.capabilities import Capabilities, capabilities_of
from bot.terminal.render import render

__all__ = ["Capabilities", "capabilities_of", "render"]
