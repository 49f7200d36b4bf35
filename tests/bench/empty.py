"""The reference of `slash`: a Bolt app whose one listener does nothing, over WSGI as Bolt's documentation has it."""

from slack_bolt import Ack, App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

from tests.bench.slack_stub import SECRET


def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="UBOT", bot_id="B1", bot_token="xoxb-bench")


def app() -> App:
    """An app with an empty listener for the slash command."""
    bolt = App(signing_secret=SECRET, authorize=_authorize, process_before_response=True)

    @bolt.command("/xocompat")
    def hear(ack: Ack) -> None:
        ack()

    return bolt


def web() -> SlackRequestHandler:
    """The WSGI application for gunicorn."""
    return SlackRequestHandler(app())
