"""`POST /api/shop/events`: the shop's system says what happened to an order, signed; docs/proactive.md."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, EmailStr, Field, StringConstraints, ValidationError, field_validator

from connectors.base import is_text
from handoff import news
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.services import Services

HEADER = "X-Shohay-Signature"
TOLERANCE_SECONDS = 300
# clocks differ; more than that is a mistake
AHEAD = timedelta(minutes=5)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class BadSignature(Refused):
    """The request is not the shop's, or not of just now."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_signature", message)


class _Strict(BaseModel):
    """Text that cannot be stored is refused; what we do not know is passed over, so that the shop may say more."""

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, str) and not is_text(value):
            raise ValueError("has characters that are not valid text")
        return value


class Customer(_Strict):
    """Whose order it is; `time_zone` such as `Europe/Berlin`, where the shop knows it."""

    id: str | None = Field(default=None, max_length=100)
    email: EmailStr
    time_zone: str | None = Field(default=None, max_length=64)

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("there is no such time zone; name one such as Europe/Berlin")
        return value


class Amount(_Strict):
    """Integer minor units and a currency's ISO 4217 code."""

    minor: int = Field(gt=0, le=10**12, strict=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Params(_Strict):
    """What the shop knows besides; each may be left out."""

    carrier: Text | None = None
    tracking_number: Text | None = None
    expected_on: date | None = None
    amount: Amount | None = None


class ShopEvent(_Strict):
    """Something that happened to an order. `id` is the shop's own name for it: the same again is told once."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    kind: news.Kind
    order_number: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    customer: Customer
    at: AwareDatetime
    params: Params = Field(default_factory=Params)


class Taken(BaseModel):
    """`will_tell`: whether somebody wants to hear of this order."""

    id: str
    will_tell: bool


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": ShopEvent.model_json_schema()}}}}


def router(services: Services, secret: str) -> APIRouter:
    """The route, for a shop that signs with this secret."""
    routes = APIRouter(tags=["shop"])

    @routes.post(
        "/api/shop/events",
        status_code=201,
        openapi_extra=_BODY,
        responses={200: {"model": Taken, "description": "This id was here before"}},
    )
    async def take_in(request: Request, response: Response) -> Taken:
        body = await request.body()
        check(secret, request.headers.get(HEADER, ""), body, clock_now())
        event = read(body, clock_now())
        will_tell, new = await news.take_in(services, event)
        if not new:
            response.status_code = 200
        return Taken(id=event.key, will_tell=will_tell)

    return routes


def check(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Whether `header`, `t=<unix>,v1=<hex>`, signs this body, and did so just now. There may be several `v1`, for the
    days in which a secret is changed.

    Raises:
        BadSignature: it does not.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1" and _SIGNATURE.fullmatch(value)]
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]) or not given:
        raise BadSignature(f"{HEADER} must be t=<unix time>,v1=<hex of HMAC-SHA-256 over 't.body'>.")
    wanted = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    right = False
    for one in given:
        right |= hmac.compare_digest(one, wanted)
    if not right:
        raise BadSignature(f"{HEADER} does not fit the body; sign the very bytes that you send.")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise BadSignature(f"{HEADER} is more than {TOLERANCE_SECONDS} seconds off; sign anew, and look at your clock.")


def read(body: bytes, now: datetime) -> news.News:
    """The event in a signed body.

    Raises:
        Refused: `invalid` or `too_old`, in one sentence.
    """
    try:
        event = ShopEvent.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise Refused("invalid", "The body is not valid JSON.") from error
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refused("invalid", f"{where}: {first['msg']}.") from error
    if event.at > now + AHEAD:
        raise Refused("invalid", "at: this has not happened yet.")
    if event.at < now - news.OLDEST:
        raise Refused("too_old", f"at: this is older than {news.OLDEST.days} days, and no news any more.")
    return news.News(
        key=event.id,
        kind=event.kind,
        order_number=event.order_number,
        email=event.customer.email,
        happened_at=event.at.astimezone(UTC),
        zone=event.customer.time_zone,
        details=_details(event.params),
    )


def _details(params: Params) -> Mapping[str, Any]:
    details: dict[str, Any] = {
        "carrier": params.carrier,
        "tracking_number": params.tracking_number,
        "expected_on": params.expected_on.isoformat() if params.expected_on else None,
    }
    if params.amount:
        details |= {"amount": params.amount.minor, "currency": params.amount.currency}
    return {name: value for name, value in details.items() if value is not None}
