"""Where the senders of tests/alerts/delivery/senders.py find a Mattermost."""

import time

from bot.chat.transport import PlatformTransport
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import Directory
from bot.mattermost.platform import MattermostPlatform
from bot.mattermost.posts import Pen
from bot.web.seals import Seals
from tests.alerts.delivery.senders import Place
from tests.alerts.delivery.words import plainly


def to_mattermost(place: Place) -> PlatformTransport:
    """The worker's transport to the Mattermost there."""
    client = MattermostClient(place.api, place.token)
    pen = Pen(Seals(place.token, "test", time.time), None, "/xocompat")
    return PlatformTransport(MattermostPlatform(client, Directory(client), pen), plainly)
