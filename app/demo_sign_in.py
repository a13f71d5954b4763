"""Signing in at the demo shop: it vouches for its two best-known customers to whoever says to be one of them."""

from __future__ import annotations

import secrets
from datetime import timedelta

import sqlalchemy as sa
from fastapi import APIRouter

from actions.shop.tables import customers
from connectors.website import voucher
from handoff.clock import now
from handoff.conversations import Refused
from handoff.database import Database

PEOPLE = ("amina@example.com", "jonas@example.com")
GOOD_FOR = timedelta(minutes=2)


def router(database: Database, secret: str) -> APIRouter:
    """`GET /demo/voucher?email=`, as a shop's own server would answer for who is signed in; only for demo mode."""
    routes = APIRouter()

    @routes.get("/demo/voucher", include_in_schema=False)
    async def sign_in(email: str) -> dict[str, str]:
        async with database.read() as tx:
            found = await tx.scalar(sa.select(customers.c.id).where(customers.c.email == email))
        if email not in PEOPLE or found is None:
            raise Refused("not_found", f"The demo signs in as {' or '.join(PEOPLE)}.")
        said = voucher.Voucher(str(found), email, secrets.token_hex(16), now() + GOOD_FOR)
        return {"voucher": voucher.write(secret, said)}

    return routes
