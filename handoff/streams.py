"""Reading what others send without letting its length decide how much is kept in memory."""

from __future__ import annotations

from collections.abc import AsyncIterable


async def up_to(pieces: AsyncIterable[bytes], most: int) -> bytes:
    """The first `most` bytes; what comes behind them is not waited for."""
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) >= most:
            break
    return bytes(content[:most])
