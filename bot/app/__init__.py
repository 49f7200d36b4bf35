"""The composition root: settings in, wired objects out. The only room that knows all others.

`lookups` wires what a question about a release needs, and nothing else, so that a shell starts fast; `hosts` the
asking of the inventory, `watching` the fleet with its database and alerts, `talking` the Slack side, `serving` the
process that does it all; `operating` and `playing` are for the shell's own words.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.web.server import Wsgi


def web() -> "Wsgi":
    """The WSGI application for gunicorn: `gunicorn 'bot.app:web()'`."""
    from bot.app.serve import web as made

    return made()
