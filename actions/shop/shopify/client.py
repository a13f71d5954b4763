"""Questions to Shopify's Admin API over HTTP: asked again only where that can do nothing twice, answered wholly or not.

https://shopify.dev/docs/api/admin-graphql and https://shopify.dev/docs/api/usage/limits
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from actions.shop.shopify.credentials import Credentials
from actions.shop.shopify.nodes import Node
from actions.shop.trouble import ShopTrouble

logger = logging.getLogger(__name__)

# Shopify keeps each version for a year; all documents here are written for this one
VERSION = "2026-07"
TIMEOUT = httpx.Timeout(3.0, connect=1.5)
TRIES = 3
# a customer waits: what takes longer than this is not waited for
LONGEST_WAIT_SECONDS = 2.0
_PAUSE_SECONDS = 0.2

# the request never left, so that it did nothing
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Again(Exception):
    """The request did nothing, or may be repeated; `wait` is for how many seconds to wait before."""

    def __init__(self, wait: float, why: str) -> None:
        super().__init__(why)
        self.wait = wait


class AdminApi:
    """The Admin API of the shop at `url`, such as `https://nodi.myshopify.com`. The client stays the caller's."""

    def __init__(self, url: str, credentials: Credentials, client: httpx.AsyncClient) -> None:
        self._url = f"{url}/admin/api/{VERSION}/graphql.json"
        self._credentials = credentials
        self._client = client
        self._warned = False

    async def ask(self, document: str, repeatable: bool, **variables: Any) -> Node:
        """What a query or mutation gives.

        `repeatable`: it may be sent again when nobody knows whether it arrived, since twice is as good as once.

        Raises:
            ShopTrouble: there is no whole answer. Of what is not repeatable, it may have been done all the same.
        """
        for tries in range(1, TRIES + 1):
            try:
                return await self._once(document, variables, repeatable)
            except _Again as again:
                wait = max(again.wait, _PAUSE_SECONDS * 2 ** (tries - 1))
                if tries == TRIES or wait > LONGEST_WAIT_SECONDS:
                    raise ShopTrouble(str(again)) from again
                await asyncio.sleep(wait)
        raise AssertionError("the last try raises")

    async def _once(self, document: str, variables: Mapping[str, Any], repeatable: bool) -> Node:
        token = await self._credentials.token(self._client)
        try:
            response = await self._client.post(
                self._url,
                json={"query": document, "variables": variables},
                headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
                timeout=TIMEOUT,
                follow_redirects=False,
            )
        except _NOT_SENT as error:
            raise _Again(0, type(error).__name__) from error
        except httpx.HTTPError as error:
            raise _unknown(repeatable, type(error).__name__) from error
        self._look_at_version(response)
        if response.status_code == 429:
            raise _Again(_seconds(response.headers.get("Retry-After")), "HTTP 429")
        if response.status_code == 401 and self._credentials.forget(token):
            raise _Again(0, "HTTP 401")
        if response.status_code >= 500:
            raise _unknown(repeatable, f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise ShopTrouble(f"HTTP {response.status_code}")
        return _data(_json(response), repeatable)

    def _look_at_version(self, response: httpx.Response) -> None:
        """A version that is over is answered by a later one, which may mean something else."""
        served = response.headers.get("X-Shopify-API-Version", VERSION)
        if served != VERSION and not self._warned:
            self._warned = True
            logger.warning("Shopify answers with version %s of its API instead of %s", served, VERSION)


def _unknown(repeatable: bool, why: str) -> Exception:
    return _Again(0, why) if repeatable else ShopTrouble(f"{why}; whether it was done is not known")


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise ShopTrouble("the answer is no JSON") from error


def _data(answer: Any, repeatable: bool) -> Node:
    """The answer's data. Errors come with HTTP 200 too, and beside them some of the data: that is no answer."""
    whole = Node(answer, "answer")
    if whole.has("errors"):
        codes = _codes(answer["errors"])
        if "THROTTLED" in codes:
            raise _Again(_throttled(answer), "THROTTLED")
        if "INTERNAL_SERVER_ERROR" in codes:
            raise _unknown(repeatable, "INTERNAL_SERVER_ERROR")
        # the messages may quote what was asked, so only the codes are told
        raise ShopTrouble(f"errors: {', '.join(codes) or 'without a code'}")
    return whole.one("data")


def _codes(errors: Any) -> list[str]:
    found = []
    for error in errors if isinstance(errors, list) else []:
        extensions = error.get("extensions") if isinstance(error, Mapping) else None
        code = extensions.get("code") if isinstance(extensions, Mapping) else None
        if isinstance(code, str) and code.replace("_", "").isalnum():
            found.append(code)
        elif isinstance(error, Mapping) and error.get("message") == "Throttled":
            found.append("THROTTLED")
    return found


def _throttled(answer: Any) -> float:
    """Seconds until the bucket holds what was asked for."""
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        return max(0.0, (cost["requestedQueryCost"] - status["currentlyAvailable"]) / status["restoreRate"])
    except (KeyError, TypeError, ZeroDivisionError):
        return 1.0


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 1))
    except ValueError:
        return 1.0
