"""Shopify on the loopback: real HTTP, the GraphQL that it is asked checked against the schema, orders that change, and
whatever can go wrong on the way."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import web
from graphql import (
    DocumentNode,
    GraphQLResolveInfo,
    execute_sync,
    parse,
    validate,
)
from graphql.type import GraphQLObjectType, get_named_type
from shopify_books import SCHEMA, Books
from shopify_costs import cost
from shopify_orders import Json

TOKEN = "shpat_secret_token"
CLIENT_ID, CLIENT_SECRET = "id-of-the-app", "shpss_secret_secret"
MOST_POINTS = 1000


@dataclass(frozen=True)
class Trouble:
    """What happens to one request: `work` says whether it is carried out before."""

    work: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    drop: bool = False
    delay: float = 0.0
    spoil: Callable[[Json], Any] | None = None


DROPPED = Trouble(drop=True)
DROPPED_AFTER = Trouble(work=True, drop=True)
BROKEN = Trouble(status=500, body="<html>")
BROKEN_AFTER = Trouble(work=True, status=503, body="<html>")
THROTTLED = Trouble(
    body={
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {
                "requestedQueryCost": 400,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 390, "restoreRate": 100},
            }
        },
    }
)


@dataclass
class Asked:
    """One request that arrived."""

    operation: str
    variables: Json
    token: str | None


class Shopify(Books):
    """The orders, behind HTTP, and what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.asked: list[Asked] = []
        self.tokens = {TOKEN}
        self.fetched = 0
        self.troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self.before: dict[str, Callable[[], None]] = {}

    def trouble(self, operation: str, *troubles: Trouble) -> None:
        """The next requests of this operation go so."""
        self.troubles[operation].extend(troubles)

    def count(self, operation: str) -> int:
        return sum(one.operation == operation for one in self.asked)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/admin/api/2026-07/graphql.json", self._graphql)
        app.router.add_post("/admin/oauth/access_token", self._token)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=400)
        assert form["grant_type"] == "client_credentials"
        self.fetched += 1
        token = f"shpat_of_the_day_{self.fetched}"
        self.tokens = {token}
        return web.json_response({"access_token": token, "scope": "write_orders", "expires_in": 86399})

    async def _graphql(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        document = _parsed(asked["query"])
        operation = document.definitions[0].name.value  # type: ignore[union-attr]
        token = request.headers.get("X-Shopify-Access-Token")
        self.asked.append(Asked(operation, asked["variables"], token))
        if token not in self.tokens:
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        waiting = self.troubles[operation]
        trouble = waiting.popleft() if waiting else Trouble(work=True)
        await asyncio.sleep(trouble.delay)
        answer = self._answer(asked, document, operation) if trouble.work or trouble.spoil else None
        if trouble.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        body = answer if trouble.body is None else trouble.body
        if trouble.spoil and answer is not None:
            body = trouble.spoil(answer)
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=trouble.status, headers=trouble.headers, content_type="application/json")

    def _answer(self, asked: Json, document: Any, operation: str) -> Json:
        said = _mistakes(asked["query"], int(asked["variables"].get("first", 0)))
        if said:
            return {"errors": [{"message": one, "extensions": {"code": "undefinedField"}} for one in said]}
        if operation in self.before:
            self.before.pop(operation)()
        roots = {name: getattr(self, f"_{name}") for name in (*SCHEMA.query_type.fields, *SCHEMA.mutation_type.fields)}  # type: ignore[union-attr]
        result = execute_sync(
            SCHEMA,
            document,
            roots,
            variable_values=asked["variables"],
            field_resolver=_field,
            type_resolver=lambda value, *_: value["__typename"],
        )
        given: Json = {"data": result.data}  # type: ignore[union-attr]
        if result.errors:  # type: ignore[union-attr]
            given["errors"] = [error.formatted for error in result.errors]  # type: ignore[union-attr]
        return given


@cache
def _parsed(query: str) -> DocumentNode:
    return parse(query)


@cache
def _mistakes(query: str, first: int) -> list[str]:
    """What Shopify would not even begin to do."""
    errors = validate(SCHEMA, _parsed(query))
    if errors:
        return [error.message for error in errors]
    points = cost(SCHEMA, _parsed(query), {"first": first})
    return [f"costs {points}"] if points > MOST_POINTS else []


def _field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field of a JSON object; a list is cut as it was asked for, and a connection where the schema has one."""
    value = source.get(info.field_name)
    if callable(value):
        value = value(info, **arguments)
    if not isinstance(value, list):
        return value
    if arguments.get("reverse") and info.field_name == "events":
        value = value[::-1]
    first = arguments.get("first") or len(value)
    kind = get_named_type(info.return_type)
    if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
        return {"nodes": value[:first], "pageInfo": {"hasNextPage": len(value) > first, "endCursor": None}}
    return value[:first]
