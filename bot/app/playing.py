"""The demo: the chat in a terminal, with simulated hosts that are asked as real ones are."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TextIO

from bot.app.hosts import asked
from bot.app.lookups import desk
from bot.chat.desk import Desk
from bot.demo import Cast, console
from bot.demo.hosts import SimulatedHosts
from bot.demo.simulator import demo_fleet, large_fleet


def demo(day: date | None, hosts: int | None, stdin: TextIO | None, stdout: TextIO, environ: Mapping[str, str]) -> int:
    """Talk, with a few simulated hosts or so many. The exit status: 0."""
    with SimulatedHosts(large_fleet(hosts) if hosts else demo_fleet()) as simulated:
        alone = desk(day)

        @cache
        def with_hosts() -> Desk:
            return alone._replace(ports=alone.ports._replace(fleet=asked(simulated.inventory()).fleet()))

        return console(alone, stdin, stdout, environ, cast=Cast(simulated.names, with_hosts))
