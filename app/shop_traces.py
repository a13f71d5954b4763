"""What the shop's tables have of conversations: who asked for a change or a code, and copies in the demo's mailbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from actions.shop import tables as t
from app.stored_data import JSON_NAME
from handoff.database import Transaction

# what stands where a conversation did
ERASED = "erased"


class ShopTraces:
    """See `handoff.erasure.Elsewhere`. Changes and codes stay with their orders, and nobody can tell any more in which
    conversation they were asked for: its id and its messages' go."""

    tables = (t.changes.name, t.codes.name, t.mails.name, t.mail_files.name)

    async def blot_out(self, tx: Transaction, conversations: Sequence[str]) -> Mapping[str, int]:
        """See `handoff.erasure.Elsewhere`."""
        counts = {}
        for table, who in ((t.changes, t.changes.c.who), (t.codes, t.codes.c.conversation)):
            # a key of its own for each: the message that it named is no more, so it cannot come again
            named = {who: ERASED, table.c.key: table.c.id, **({t.changes.c.also: None} if table is t.changes else {})}
            nameless = sa.update(table).where(who.in_(conversations)).values(named)
            counts[table.name] = (await tx.execute(nameless)).rowcount
        counts[t.mails.name] = await self._copies(tx, conversations)
        return counts

    async def _copies(self, tx: Transaction, conversations: Sequence[str]) -> int:
        """Only a demo has letters here: those that brought a copy of what is now erased."""
        copies = sa.select(t.mail_files.c.mail_id, t.mail_files.c.content).where(t.mail_files.c.name == JSON_NAME)
        gone = [
            row["mail_id"]
            for row in await tx.rows(copies)
            if any(conversation.encode() in row["content"] for conversation in conversations)
        ]
        await tx.execute(sa.delete(t.mail_files).where(t.mail_files.c.mail_id.in_(gone)))
        return (await tx.execute(sa.delete(t.mails).where(t.mails.c.id.in_(gone)))).rowcount
