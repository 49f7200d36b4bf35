"""All hosts that alerts are about, pool by pool."""

from collections.abc import Sequence
from itertools import groupby

from bot.alerts.alert import Alert, Concerned
from bot.chat.reply import Bullets, Reply, Strong, headline, line


def all_hosts(alerts: Sequence[Alert]) -> Reply:
    """A list for each pool, each host once; there is at least one alert."""
    hosts = sorted({host.uuid: host for alert in alerts for host in alert.hosts}.values(), key=_place)
    pools = [(pool, [*members]) for pool, members in groupby(hosts, key=lambda host: host.pool)]
    names = dict.fromkeys(alert.subject.name for alert in alerts)
    count = f"{_many(len(hosts), 'host')} in {_many(len(pools), 'pool')}" if hosts else "no hosts"
    blocks = (Bullets(tuple(line(host.name) for host in members), title=pool) for pool, members in pools)
    return Reply("alert_hosts", headline(Strong(", ".join(names)), count), tuple(blocks))


def _place(host: Concerned) -> tuple[str, str, str]:
    return host.pool.casefold(), host.name.casefold(), host.uuid


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
