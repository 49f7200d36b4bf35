"""How a channel is named wherever one is: what its name begins with says which platform or notifier it is of.

`C0123456789` is Slack's, `mattermost:TEAM/CHANNEL` one of Mattermost's, `notify:NAME` a notifier of the configuration.
"""

import re
from enum import StrEnum


class ChannelKind(StrEnum):
    """Whose a channel is. The values of all but Slack's are what its name begins with."""

    SLACK = "slack"
    MATTERMOST = "mattermost"
    NOTIFY = "notify"


NOTIFIER_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"

_FORMS = {
    ChannelKind.SLACK: re.compile(r"[CGD][A-Z0-9]{1,30}", re.ASCII),
    ChannelKind.MATTERMOST: re.compile(r"mattermost:[a-z0-9-]{1,64}/[a-z0-9._-]{1,64}", re.ASCII),
    ChannelKind.NOTIFY: re.compile(f"notify:{NOTIFIER_NAME}", re.ASCII),
}

EXAMPLES = "C0123456789", "mattermost:TEAM/CHANNEL", "notify:NAME"


def kind_of(channel: str) -> ChannelKind:
    """Whose channel it is: Slack's, unless its name says otherwise."""
    prefix, colon, _ = channel.partition(":")
    named = (kind for kind in ChannelKind if colon and kind is not ChannelKind.SLACK and kind.value == prefix)
    return next(named, ChannelKind.SLACK)


def is_channel_name(text: str) -> bool:
    """Whether a text has the form of a channel's name, whether there is such a channel or not."""
    return _FORMS[kind_of(text)].fullmatch(text) is not None


def notify_channel(name: str) -> str:
    """The channel that a notifier is."""
    return f"{ChannelKind.NOTIFY}:{name}"
