"""A fleet that bots watch: simulated hosts, a configuration with alerts, and a look into the bots' database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from bot.errors import UnavailableError
from bot.simulator import PASSWORD, PASSWORD_VARIABLE, SimHost, SimPool, Simulator, as_yaml, lone, release
from bot.store.database import Database
from tests.acceptance.bots import HTTP, Bot
from tests.acceptance.lab import BOT_TOKEN, CHANNEL, USER
from tests.alerts.delivery.slack import Kept, Slack

LOGIN = "session.login_with_password"
POOLS: tuple[SimPool, ...] = (
    SimPool((SimHost("xen-1", release("XCP-ng", "8.3")),), name="lab"),
    SimPool((SimHost("xen-2", release("XCP-ng", "8.2")),), name="prod"),
    lone(SimHost("old-1", release("XenServer", "7.2"))),
)
"""Two of the three releases have reached their end of life, so there is something to tell."""

TOLD = 3
"""So many messages: the channel's first, and one for each of these."""

_SETTINGS = """
sweep: {{every: {every}}}
alerts: {{channel: {channel}, lead: [30d, 0d]}}
security: {{tell: none}}
access: {{grants: [{{who: {user}, may: [probe, fleet, operate]}}]}}
"""

WEB_TOKEN = "let-me-in"
BEARER = {"authorization": f"Bearer {WEB_TOKEN}"}
"""Opens the pages that name hosts."""

NEVER_AGAIN = "700d"
"""A period with one slot, which is due at the start, for as long as a test may run."""


def web_api() -> Slack:
    """A Slack that keeps what is posted, and knows the bots' token."""
    slack = Slack()
    slack.tokens.add(BOT_TOKEN)
    slack.room(CHANNEL)
    return slack


class Watch(NamedTuple):
    """What a test holds."""

    slack: Slack
    hosts: Simulator
    url: str
    start: Callable[..., Bot]
    folder: Path

    def bot(self, command: list[str] | None = None, every: str = NEVER_AGAIN, extra: str = "", **environ: str) -> Bot:
        """A bot that hears over HTTP and watches the hosts."""
        config = self.folder / "xocompat.yaml"
        settings = _SETTINGS.format(every=every, channel=CHANNEL, user=USER)
        config.write_text(as_yaml(self.hosts.targets) + settings + extra, encoding="utf-8")
        about = {"XOCOMPAT_CONFIG": str(config), PASSWORD_VARIABLE: PASSWORD, "DATABASE_URL": self.url}
        about["XOCOMPAT_WEB_TOKEN"] = WEB_TOKEN
        bot: Bot = self.start(self.slack.api.removesuffix("/api/"), {**HTTP, **about, **environ}, command)
        return bot

    def rows(self, table: Table) -> list[Any]:
        """All rows. OSError ("not yet") before the tables are there, and while the database is away."""
        database = Database(self.url)
        try:
            with database.reading() as connection:
                return list(connection.execute(select(table).order_by(*table.primary_key)).all())
        except UnavailableError as error:
            raise OSError(str(error)) from error
        finally:
            database.close()

    def asked(self, host: str) -> int:
        """How often somebody logged in there."""
        return self.hosts[host].seen.methods.count(LOGIN)

    @property
    def messages(self) -> list[Kept]:
        """What is in the channel, threads aside."""
        return [each for each in self.slack.room(CHANNEL).messages if not each.thread_ts]
