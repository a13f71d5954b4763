"""Reading what others send without letting its length decide how much is kept in memory."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any


def body_of(*types: str) -> dict[str, Any]:
    """What OpenAPI says of a route that reads its body by itself: bytes of one of these media types."""
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in types}
    return {"requestBody": {"required": True, "content": content}}


async def up_to(pieces: AsyncIterable[bytes], most: int) -> bytes:
    """The first `most` bytes; what comes behind them is not waited for."""
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) >= most:
            break
    return bytes(content[:most])
