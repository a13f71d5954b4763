"""One person, one contact: whoever proves the same thing in two chats is the same person in both (promise 19).

Proved is what nobody else can: a one-time code was read in the mail of an order's address, or the shop vouches for its
signed-in customer. A name proves nothing, nor does whatever is typed, be it an order's number and the address on it.

A chat at a device of several people may prove one person's things and then another's. It belongs to whoever proved
last, and leaves behind what it was joined with before: nobody is given, or erases, what somebody else said elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from handoff import due_erasures, events
from handoff.channel_models import contact_proofs
from handoff.clock import new_id
from handoff.database import Transaction
from handoff.following import hashed
from handoff.models import contacts, conversations, identities


@dataclass(frozen=True, order=True)
class Proof:
    """What somebody has proved to be theirs, as a SHA-256: an e-mail address, or an account with the shop."""

    kind: Literal["customer", "email"]
    hash: str


def email(address: str) -> Proof:
    """They read the mail of this address."""
    return Proof("email", hashed(address.strip()))


def customer(customer_id: str) -> Proof:
    """They are the shop's customer with this id."""
    return Proof("customer", hashlib.sha256(customer_id.encode()).hexdigest())


async def prove(tx: Transaction, conversation_id: str, proofs: Sequence[Proof], now: datetime) -> None:
    """Whoever speaks in this conversation has proved this: their contact is joined with the one that has proved it
    before, the younger one going into the older. The same once more changes nothing.

    Nobody may hold a conversation's row when calling this: those concerned are taken here in one order for all.
    """
    if not proofs or await _known(tx, conversation_id, proofs):
        return
    await hold(tx, conversation_id, proofs)
    mine = await _contact_of(tx, conversation_id)
    if mine is None:
        return  # erased meanwhile
    if _another_person(await _proofs_of(tx, mine), proofs):
        mine = await _part(tx, conversation_id, mine, now)
    for proof in sorted(proofs):
        holder = await tx.scalar(sa.select(contact_proofs.c.contact_id).where(_is(proof)))
        if holder is None:
            await tx.execute(sa.insert(contact_proofs).values(**vars(proof), contact_id=mine, created_at=now))
        elif holder != mine and not await _two_customers(tx, mine, str(holder)):
            mine = await _merge(tx, mine, str(holder), now)


async def hold(tx: Transaction, conversation_id: str, proofs: Sequence[Proof]) -> None:
    """Takes the rows of all contacts concerned, in the order in which an erasure takes them: identities, then
    conversations, each by id. Joins come one after the other, so it is known which contacts those are."""
    await tx.alone("joining")
    i, c = identities.c, conversations.c
    holders = sa.select(contact_proofs.c.contact_id).where(sa.or_(*map(_is, proofs)))
    concerned = holders.union(sa.select(c.contact_id).where(c.id == conversation_id))
    query = sa.select(c.identity_id).where(c.contact_id.in_(concerned))
    held: set[str] | None = None
    # one more look: an address that somebody was just adding is seen then, and none can be added any more
    while (found := {str(row["identity_id"]) for row in await tx.rows(query)}) != held:
        await tx.rows(sa.select(i.id).where(i.id.in_(found)).order_by(i.id).with_for_update())
        held = found
    await tx.rows(sa.select(c.id).where(c.identity_id.in_(held)).order_by(c.id).with_for_update())


async def _known(tx: Transaction, conversation_id: str, proofs: Sequence[Proof]) -> bool:
    """Whether the conversation's contact has proved all of this already."""
    mine = sa.select(conversations.c.contact_id).where(conversations.c.id == conversation_id).scalar_subquery()
    query = sa.select(sa.func.count()).select_from(contact_proofs)
    same = await tx.scalar(query.where(contact_proofs.c.contact_id == mine, sa.or_(*map(_is, proofs))))
    return bool(same == len(set(proofs)))


def _another_person(known: Sequence[Proof], proofs: Sequence[Proof]) -> bool:
    """Whether these are somebody else's proofs: of another customer, or, where that is not known, another address."""
    for kind in ("customer", "email"):
        before = {one.hash for one in known if one.kind == kind}
        now = {one.hash for one in proofs if one.kind == kind}
        if before and now:
            return before.isdisjoint(now)
    return False


async def _part(tx: Transaction, conversation_id: str, contact_id: str, now: datetime) -> str:
    """Takes the one who speaks in this conversation out of their contact, and returns their own; with all the addresses
    that their channel says are theirs. What was promised to be erased stays promised."""
    i, c = identities.c, conversations.c
    theirs = sa.select(i.id, i.channel, i.person, c.id.label("conversation"))
    theirs = theirs.join(conversations, c.identity_id == i.id).where(c.contact_id == contact_id)
    rows = await tx.rows(theirs)
    own = next(row for row in rows if row["conversation"] == conversation_id)
    person = (own["channel"], own["person"])
    leaving = [row["id"] for row in rows if row is own or (own["person"] and (row["channel"], row["person"]) == person)]
    if len(leaving) == len(rows):
        await tx.execute(sa.delete(contact_proofs).where(contact_proofs.c.contact_id == contact_id))
        return contact_id
    fresh = new_id()
    await tx.execute(sa.insert(contacts).values(id=fresh, created_at=now))
    await due_erasures.copy(tx, contact_id, fresh)
    await tx.execute(sa.update(identities).where(i.id.in_(leaving)).values(contact_id=fresh))
    await tx.execute(sa.update(conversations).where(c.identity_id.in_(leaving)).values(contact_id=fresh))
    # their name stays with the contact that they leave; where it was asked for, it is asked for again
    asked = sa.and_(i.id.in_(leaving), i.name_attempts > 0, i.name_due_at.is_(None))
    again = await tx.execute(sa.update(identities).where(asked).values(name_due_at=now, name_attempts=0))
    if again.rowcount:
        tx.wake("names")
    await tell(tx, [contact_id, fresh], now)
    return fresh


async def _merge(tx: Transaction, one: str, other: str, now: datetime) -> str:
    """Moves all that the younger of two contacts has to the older, and returns that."""
    k = contacts.c
    rows = await tx.rows(sa.select(contacts).where(k.id.in_((one, other))).order_by(k.created_at, k.id))
    older, younger = rows[0]["id"], rows[1]["id"]
    moving = sa.select(conversations.c.identity_id).where(conversations.c.contact_id == younger)
    await tx.execute(sa.update(identities).where(identities.c.id.in_(moving)).values(contact_id=older))
    for table in (conversations, contact_proofs):
        await tx.execute(sa.update(table).where(table.c.contact_id == younger).values(contact_id=older))
    await due_erasures.copy(tx, younger, older)
    await due_erasures.forget(tx, younger)
    if rows[0]["name"] is None:
        await tx.execute(sa.update(contacts).where(k.id == older).values(name=rows[1]["name"]))
    await tx.execute(sa.delete(contacts).where(k.id == younger))
    await tell(tx, [older], now)
    return str(older)


async def tell(tx: Transaction, contact_ids: Sequence[str], now: datetime) -> None:
    """Whoever has one of their conversations, or is about to, sees which others there are."""
    c = conversations.c
    query = sa.select(c.id).where(c.contact_id.in_(contact_ids), c.status.in_(("queued", "assigned")))
    for row in await tx.rows(query.order_by(c.id)):
        await events.append(tx, "contact", row["id"], {}, now, public=False)


async def _contact_of(tx: Transaction, conversation_id: str) -> str | None:
    found = await tx.scalar(sa.select(conversations.c.contact_id).where(conversations.c.id == conversation_id))
    return str(found) if found else None


async def _proofs_of(tx: Transaction, contact_id: str) -> list[Proof]:
    p = contact_proofs.c
    return [Proof(**row) for row in await tx.rows(sa.select(p.kind, p.hash).where(p.contact_id == contact_id))]


async def _two_customers(tx: Transaction, one: str, other: str) -> bool:
    """Whether the shop knows the two contacts as two of its customers: then they are, whatever mail both can read."""
    accounts = [{p.hash for p in await _proofs_of(tx, each) if p.kind == "customer"} for each in (one, other)]
    return all(accounts) and accounts[0].isdisjoint(accounts[1])


def _is(proof: Proof) -> sa.ColumnElement[Any]:
    return sa.and_(contact_proofs.c.kind == proof.kind, contact_proofs.c.hash == proof.hash)
