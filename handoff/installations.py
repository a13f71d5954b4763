"""The workspaces that installed us on a channel, each with what its provider lets us in by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.channel_models import installations
from handoff.clock import now as clock_now
from handoff.database import Database


class Installations:
    """Those of one channel. What they hold opens their workspaces: it is never logged."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel

    async def save(self, workspace: str, body: Mapping[str, Any]) -> None:
        """Keeps what lets us in there; what was kept of this workspace before is worth nothing any more.

        Raises:
            DatabaseAway: nothing was kept.
        """
        values = {"body": dict(body), "installed_at": clock_now()}
        async with self._database.write() as tx:
            insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
            statement = insert(installations).values(channel=self._channel, workspace=workspace, **values)
            await tx.execute(statement.on_conflict_do_update(index_elements=["channel", "workspace"], set_=values))

    async def find(self, workspace: str) -> dict[str, Any] | None:
        """What lets us in there; None when we are not installed there.

        Raises:
            DatabaseAway: it could not be looked up.
        """
        async with self._database.read() as tx:
            body = await tx.scalar(sa.select(installations.c.body).where(self._is(workspace)))
        return dict(body) if body is not None else None

    async def forget(self, workspace: str, until: datetime | None = None) -> bool:
        """We are not installed there any more; True when we were.

        Args:
            until: when that came about; an installation made later stays.

        Raises:
            DatabaseAway: it is still kept.
        """
        query = sa.delete(installations).where(self._is(workspace))
        if until is not None:
            query = query.where(installations.c.installed_at <= until)
        async with self._database.write() as tx:
            return bool((await tx.execute(query)).rowcount)

    def _is(self, workspace: str) -> sa.ColumnElement[bool]:
        return sa.and_(installations.c.channel == self._channel, installations.c.workspace == workspace)
