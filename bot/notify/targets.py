"""The notifiers of a configuration, each made of its target."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.alerts.alert import Alert
from bot.errors import ConfigError, Problem
from bot.matrix.matrix import Matrix
from bot.notify.alertmanager import AlertmanagerNotifier, MirroredAlerts
from bot.notify.mail import EmailNotifier
from bot.notify.matrix_room import MatrixNotifier
from bot.notify.notifier import Notifier, NotifierTarget
from bot.notify.teams import TeamsNotifier
from bot.notify.webhook import WebhookNotifier
from bot.settings.notifiers import NotifierKind
from bot.web.http_call import quieten


class NotifierParts(NamedTuple):
    """What notifiers need beside their targets: alerts as stored, what is known now, the time, how often is swept."""

    alerts: MirroredAlerts
    matrix: Callable[[], Matrix]
    clock: Callable[[], datetime]
    every: timedelta


class NoAlerts:
    """Where no database is: a mirror of nothing."""

    def open(self) -> tuple[Alert, ...]:
        return ()

    def resolved(self, since: datetime) -> tuple[Alert, ...]:  # noqa: ARG002
        return ()


def notifier_of(target: NotifierTarget, parts: NotifierParts) -> Notifier:
    """What tells a target. ConfigError where Apprise is needed and can't be used."""
    match target.kind:
        case NotifierKind.EMAIL:
            return EmailNotifier(target)
        case NotifierKind.WEBHOOK:
            return WebhookNotifier(target, parts.matrix, parts.clock)
        case NotifierKind.ALERTMANAGER:
            return AlertmanagerNotifier(target, parts.alerts, parts.matrix, parts.clock, parts.every)
        case NotifierKind.TEAMS:
            return TeamsNotifier(target)
        case NotifierKind.MATRIX:
            return MatrixNotifier(target)
        case NotifierKind.APPRISE:
            from bot.notify.apprise_url import AppriseNotifier  # 40 MB that few need

            return AppriseNotifier.of(target)


def made_of(targets: Iterable[NotifierTarget], parts: NotifierParts) -> tuple[dict[str, Notifier], list[Problem]]:
    """Those that can be made, by name, and what is wrong with the others."""
    quieten()
    made: dict[str, Notifier] = {}
    problems: list[Problem] = []
    for target in targets:
        try:
            made[target.name] = notifier_of(target, parts)
        except ConfigError as error:
            problems += error.problems
    return made, problems


def notifiers_of(targets: Iterable[NotifierTarget], parts: NotifierParts) -> dict[str, Notifier]:
    """All of them, by name. ConfigError lists what is wrong with any."""
    made, problems = made_of(targets, parts)
    if problems:
        raise ConfigError(problems)
    return made
