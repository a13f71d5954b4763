"""What the tests of the web application share: the form of errors, and what is stored."""

import httpx
import sqlalchemy as sa

from handoff.models import contacts, conversations, messages, receipts
from handoff.services import Services

MESSAGES = "/api/website/messages"


async def counted(services: Services) -> list[int]:
    """How many rows there are of what a customer can bring about."""
    async with services.database.read() as tx:
        return [
            await tx.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (contacts, conversations, messages, receipts)
        ]


def told(response: httpx.Response, status: int, code: str, case: object = None) -> str:
    """The sentence of an error, which has the form of every error."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json"), case
    body = response.json()
    assert set(body) == {"error"}, case
    assert set(body["error"]) == {"code", "message"}, case
    assert body["error"]["code"] == code, case
    message = body["error"]["message"]
    assert message.endswith("."), case
    assert "\n" not in message, case
    assert "Traceback" not in message, case
    return message
