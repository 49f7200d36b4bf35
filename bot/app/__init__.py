"""The composition root: settings in, wired objects out. The only room that knows all others.

`lookup` wires what a question about a release needs, and nothing else, so that a shell starts fast; `dataset` and
`published` the list in use and the page that it follows; `fleet` the hosts with their database and alerts, `slack` the
Slack side, `schedule` and `web` what runs beside it, and `serve` the process that does it all. `operator`, `doctor`,
`trust` and `demo` are for the shell's own commands; `configuration` turns settings into what the rooms take.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app.serve import WebApplication


def web() -> "WebApplication":
    """The WSGI application for gunicorn: `gunicorn 'bot.app:web()'`."""
    import os

    from bot.settings.source import settle_home

    settle_home(os.environ)
    from bot.app.serve import web as made

    return made()
