"""The Bolt app: which payload goes to which listener, and what is said when a listener breaks."""

import logging
import re
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.logger.messages import (
    info_default_oauth_settings_loaded,
    warning_client_prioritized_and_token_skipped,
    warning_token_skipped,
)
from slack_sdk import WebClient

from bot.slack.actions import ASK, PICK, SHARE
from bot.slack.command import CommandListener, say
from bot.slack.identity import Identity, Workspace
from bot.slack.jobs import BackgroundJobs
from bot.slack.mention import MentionListener
from bot.slack.mrkdwn import COMMAND, plain_text
from bot.slack.payload import of_command, of_event, of_press
from bot.slack.picker import CALLBACK, PICK_HOST, Picker
from bot.slack.press import ActionListener
from bot.slack.services import SessionServices

LOGGER = "xocompat.bolt"
_REMARKS = frozenset(
    {
        info_default_oauth_settings_loaded(),
        warning_client_prioritized_and_token_skipped(),
        warning_token_skipped(),
    }
)


def bolt_app(
    client: WebClient, quick: WebClient, identity: Identity, kit: SessionServices, errands: BackgroundJobs
) -> App:
    """The app with all listeners. Requests over HTTP must have been verified: see bot.slack.http.

    `quick` is a client for calls within a request, which Slack wants acknowledged after three seconds.
    """
    app = App(
        name="xocompat",
        logger=_logger(),
        client=client,
        authorize=_Authorized(client.token, identity),
        # Listeners answer within the request: Bolt would wait for them in steps of 10 ms otherwise.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Done at the door, before anything is parsed, and without writing a stranger's body into the log.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # The one event that is listened to leaves out all bots.
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    failing = Failing(kit)
    picker = Picker(kit, errands, quick)
    app.command(COMMAND)(CommandListener(kit, errands, picker).hear)
    app.event("app_mention")(MentionListener(kit, errands, identity).hear)
    app.action(re.compile(rf"^({ASK}|{SHARE}|{PICK})_[0-9]$"))(ActionListener(kit, errands, picker).hear)
    app.view(CALLBACK)(picker.submit)
    app.options(PICK_HOST)(picker.suggest)
    app.error(failing.hear)
    return app


class Failing:
    """Bolt's seam for what a listener did not expect."""

    def __init__(self, kit: SessionServices) -> None:
        self._kit = kit

    def hear(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Say what happened with an id that the log has, too. What nobody listens to is acknowledged and left alone."""
        if isinstance(error, BoltUnhandledRequestError):
            self._kit.log.info("not for us", type=_type_of(body))
            return BoltResponse(status=200)
        if "command" in body:
            return say(self._kit.explained(error, of_command(body)).messages[0])
        asker = of_event(body) if "event" in body else of_press(body)
        url = body.get("response_url")
        self._kit.tell(asker, url if isinstance(url, str) else None, self._kit.explained(error, asker).messages[0])
        return BoltResponse(status=200)


class _Authorized(Authorize):
    """One workspace, one token. Bolt would ask auth.test within the first request; a look-up can do without."""

    def __init__(self, token: str | None, identity: Identity) -> None:
        self._identity = identity
        self._token = token
        self._known: Workspace | None = None
        self._result = AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    def __call__(self, **_: Any) -> AuthorizeResult:
        home = self._identity.known
        if home and home is not self._known:
            self._result = AuthorizeResult(
                enterprise_id=home.enterprise,
                team_id=home.team,
                bot_user_id=home.bot_user,
                bot_id=home.bot_id,
                bot_token=self._token,
            )
            self._known = home
        return self._result


def _type_of(body: dict[str, Any]) -> str:
    event = body.get("event")
    kind = event.get("type") if isinstance(event, dict) else body.get("type") or body.get("command")
    return plain_text(str(kind), 40)


def _logger() -> logging.Logger:
    """Without Bolt's remarks on variables that it reads from the environment by itself."""
    logger = logging.getLogger(LOGGER)
    # Bolt asks for the level itself, not for the effective one, and would put its debug messages together for nobody.
    logger.setLevel(logging.getLogger().level)
    logger.addFilter(lambda record: record.getMessage() not in _REMARKS)
    return logger
