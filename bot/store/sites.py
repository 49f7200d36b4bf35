"""Sites in the database: what their workers said last. All centres that share it hear for each other."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from bot.fleet.sites import Heartbeat, RemoteTarget, Site, SiteWorker
from bot.store.bulk import upsert
from bot.store.database import Repository, WriteLock, among
from bot.store.tables import site_workers, sites

GONE_AFTER = timedelta(hours=1)
"""A worker that was not heard for so long, while its site was, is none of the site's any more."""


class SqlSites(Repository):
    """bot.fleet.sites.SiteStore."""

    def hear(self, beats: Collection[Heartbeat]) -> None:
        if not beats:
            return
        newest: dict[str, Heartbeat] = {}
        workers: dict[tuple[str, str], Heartbeat] = {}
        for beat in sorted(beats, key=lambda beat: beat.heard_at):
            workers[beat.site, beat.worker] = beat
            if not beat.is_too_old or beat.site not in newest:  # one that is too old lists nothing that is understood
                newest[beat.site] = beat
        with self._database.writing(WriteLock.FLEET) as connection:
            known = select(sites.c.name, sites.c.heard_at, sites.c.digest)
            found = connection.execute(known.where(among(connection, sites.c.name, newest)))
            before = {row.name: (row.heard_at, row.digest) for row in found}
            rows, heard = [], []
            for name, beat in newest.items():
                old = before.get(name)
                if old and old[0] >= beat.heard_at:
                    continue
                targets = [[target.name, " ".join(target.tags)] for target in beat.targets]
                digest = hashlib.sha256(json.dumps(targets).encode()).hexdigest()
                if old and (beat.is_too_old or old[1] == digest):
                    heard.append({"name": name, "heard_at": beat.heard_at})
                else:
                    rows.append({"name": name, "heard_at": beat.heard_at, "digest": digest, "targets": targets})
            for row in heard:
                connection.execute(sites.update().where(sites.c.name == row["name"]).values(heard_at=row["heard_at"]))
            for row in rows:
                connection.execute(delete(sites).where(sites.c.name == row["name"]))
                connection.execute(sites.insert().values(row))
            upsert(
                connection,
                site_workers,
                [
                    {
                        "site": beat.site,
                        "id": beat.worker,
                        "version": beat.version,
                        "heard_at": beat.heard_at,
                        "is_too_old": beat.is_too_old,
                    }
                    for beat in workers.values()
                ],
            )
            for name, beat in newest.items():
                old_ones = site_workers.c.heard_at < beat.heard_at - GONE_AFTER
                connection.execute(delete(site_workers).where(site_workers.c.site == name, old_ones))

    def sites(self, known: Mapping[str, tuple[str, Site]] | None = None) -> dict[str, tuple[str, Site]]:
        known = known or {}
        with self._database.reading() as connection:
            heard = connection.execute(select(sites.c.name, sites.c.heard_at, sites.c.digest)).all()
            new = [row.name for row in heard if row.name not in known or known[row.name][0] != row.digest]
            listed = select(sites.c.name, sites.c.targets).where(among(connection, sites.c.name, new))
            targets: dict[str, Any] = {row.name: row.targets for row in connection.execute(listed)} if new else {}
            workers: dict[str, list[SiteWorker]] = defaultdict(list)
            columns = [site_workers.c[name] for name in ("site", *SiteWorker._fields)]
            for site, *worker in connection.execute(select(*columns).order_by(site_workers.c.id)):
                workers[site].append(SiteWorker(*worker))
        found = {}
        for name, heard_at, digest in sorted(heard):
            if name in targets:
                listed_targets = tuple(RemoteTarget(one, tuple(tags.split())) for one, tags in targets[name])
            else:
                listed_targets = known[name][1].targets if name in known else ()
            found[name] = digest, Site(name, heard_at, listed_targets, tuple(workers[name]))
        return found
