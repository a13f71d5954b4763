"""Who we are to Shopify: a token that was made once, or an app's id and secret that are exchanged for one each day.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

import asyncio
import time
from typing import Protocol

import httpx

from actions.shop.trouble import ShopTrouble

# a token is renewed this long before it ends, so that none ends on its way
_EARLY_SECONDS = 300


class Credentials(Protocol):
    """Gives the token of `X-Shopify-Access-Token`."""

    async def token(self, client: httpx.AsyncClient) -> str:
        """The token to use now."""
        ...

    def forget(self, token: str) -> bool:
        """Shopify does not take this token. Whether another can be had."""
        ...


class FixedToken:
    """The token of an app that was made in the shop's admin (before 2026)."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, client: httpx.AsyncClient) -> str:
        """See `Credentials`."""
        return self._token

    def forget(self, token: str) -> bool:
        """There is no other."""
        return False


class ClientCredentials:
    """The id and secret of an app of the Dev Dashboard; its tokens are good for a day."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url = f"{url}/admin/oauth/access_token"
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._token = ""
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def token(self, client: httpx.AsyncClient) -> str:
        """See `Credentials`.

        Raises:
            ShopTrouble: Shopify gives none.
        """
        async with self._lock:
            if not self._token or time.monotonic() >= self._until:
                await self._fetch(client)
            return self._token

    def forget(self, token: str) -> bool:
        """See `Credentials`."""
        if self._token == token:
            self._token = ""
        return True

    async def _fetch(self, client: httpx.AsyncClient) -> None:
        try:
            response = await client.post(self._url, data=self._form, timeout=3.0, follow_redirects=False)
            answer = response.json() if response.status_code == 200 else None
        except httpx.HTTPError as error:
            raise ShopTrouble(f"no token: {type(error).__name__}") from error
        except ValueError as error:
            raise ShopTrouble("no token: the answer is no JSON") from error
        token = answer.get("access_token") if isinstance(answer, dict) else None
        seconds = answer.get("expires_in") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise ShopTrouble(f"no token: HTTP {response.status_code}")
        self._token, self._until = token, time.monotonic() + max(0, seconds - _EARLY_SECONDS)
