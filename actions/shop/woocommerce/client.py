"""Requests to WooCommerce's REST API: JSON over HTTPS, signed in with a key's two halves.

https://developer.woocommerce.com/docs/apis/rest-api/
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from actions.shop.trouble import ShopTrouble

READ_SECONDS = 2.5
# a payment provider may be asked meanwhile
WRITE_SECONDS = 20.0
TRIES = 3
PAUSE_SECONDS = 0.15
# who is told to wait longer has nobody to wait for it
LONGEST_PAUSE_SECONDS = 2.0

_BUSY = {429, 500, 502, 503, 504}
_CODE = re.compile(r"[a-z0-9_-]{1,80}")
# what an order that is not there is answered with
_NO_ORDER = {"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id"}
NO_ROUTE = "rest_no_route"


class WooClient:
    """Asks the shop at `url` (`https://shop.example`, with the folder that WordPress is in). `http` stays the
    caller's to close."""

    def __init__(self, url: str, key: str, secret: str, http: httpx.AsyncClient) -> None:
        self._base = f"{url.rstrip('/')}/wp-json/"
        self._auth = httpx.BasicAuth(key, secret)
        self._http = http

    async def get(self, path: str, *absent: str, **params: str | int) -> object:
        """What there is; None where there is no such order, or the answer's code is one of `absent`.

        Raises:
            ShopTrouble: there was no answer, or none that can be used.
        """
        return await self._ask("GET", path, params, None, TRIES, {*_NO_ORDER, *absent})

    async def put(self, path: str, body: Mapping[str, Any]) -> object:
        """Sets values, again where it is not known whether it worked; see `get`."""
        return await self._ask("PUT", path, {}, body, 2, set())

    async def post(self, path: str, body: Mapping[str, Any]) -> object:
        """Makes something, at most once; see `get`. After `ShopTrouble` it may be there or not."""
        return await self._ask("POST", path, {}, body, 1, set())

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
        tries: int,
        absent: set[str],
    ) -> object:
        what, seconds = f"{method} {path}", READ_SECONDS if body is None else WRITE_SECONDS
        for again in reversed(range(tries)):
            pause = PAUSE_SECONDS * 2 ** (tries - again - 1)
            try:
                async with asyncio.timeout(seconds):
                    response = await self._http.request(
                        method,
                        self._base + path,
                        params=params,
                        json=body,
                        auth=self._auth,
                        timeout=seconds,
                        follow_redirects=False,
                    )
            except (httpx.HTTPError, TimeoutError) as error:
                if not again:
                    raise ShopTrouble(f"{what}: {type(error).__name__}") from error
            else:
                if response.status_code not in _BUSY:
                    return _read(what, response, absent)
                pause = max(pause, _retry_after(response))
                if not again or pause > LONGEST_PAUSE_SECONDS:
                    raise ShopTrouble(f"{what}: {response.status_code} {_code(response)}")
            await asyncio.sleep(pause)
        raise AssertionError("the last try ends it")


def _read(what: str, response: httpx.Response, absent: set[str]) -> object:
    if response.is_success:
        try:
            return response.json()
        except (ValueError, RecursionError) as error:
            raise ShopTrouble(f"{what}: {response.status_code}, but no JSON") from error
    code = _code(response)
    if response.status_code == 404 and code in absent:
        return None
    raise ShopTrouble(f"{what}: {response.status_code} {code}")


def _code(response: httpx.Response) -> str:
    """WooCommerce's word for what is wrong. Its sentence may quote anything, and is left out."""
    try:
        code = str(response.json()["code"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return "without a code"
    return code if _CODE.fullmatch(code) else "with a strange code"


def _retry_after(response: httpx.Response) -> float:
    """Seconds; the header has a number of them or a time."""
    told = response.headers.get("Retry-After", "")
    if told.isascii() and told.isdecimal():
        return float(told)
    try:
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
