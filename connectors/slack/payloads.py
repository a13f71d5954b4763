"""A request's body as the object that Slack means, and typed looks into it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from connectors.base import BadRequest, Request, is_text

Raw = Mapping[str, Any]

ID = re.compile(r"[A-Z0-9]{1,40}")
KIND = re.compile(r"[a-z_]{1,60}")
TS = re.compile(r"\d{1,20}\.\d{1,10}", re.ASCII)


def body_of(request: Request) -> Raw:
    """The object in JSON, or in the field `payload` of a form.

    Raises:
        BadRequest: there is none.
    """
    try:
        text = request.body.decode()
        if not (request.headers.get("content-type", "").startswith("application/json") or text.startswith("{")):
            text = dict(parse_qsl(text, strict_parsing=True)).get("payload", "")
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The request holds no JSON.") from error
    if not isinstance(found, dict):
        raise BadRequest("The request holds no JSON object.")
    return found


def part(raw: Raw, name: str) -> Raw:
    """The object of this name; an empty one when there is none.

    Raises:
        BadRequest: it is something else.
    """
    found = raw.get(name)
    if found is not None and not isinstance(found, dict):
        raise BadRequest(f"{name} must be an object.")
    return found or {}


def parts(raw: Raw, name: str) -> Sequence[Raw]:
    """The objects in the list of this name; none when there is none.

    Raises:
        BadRequest: it is something else.
    """
    found = raw.get(name)
    if found is not None and not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
        raise BadRequest(f"{name} must be a list of objects.")
    return found or []


def word(raw: Raw, name: str, form: re.Pattern[str] | None = None) -> str:
    """The text of this name; empty when there is none.

    Raises:
        BadRequest: it is something else, cannot be stored, or has not this form.
    """
    found = raw.get(name)
    if found is None or found == "":
        return ""
    if not isinstance(found, str) or not is_text(found) or (form is not None and not form.fullmatch(found)):
        raise BadRequest(f"{name} is not as it should be.")
    return found


def needed(raw: Raw, name: str, form: re.Pattern[str]) -> str:
    """The text of this name, which must be there.

    Raises:
        BadRequest: it is not, or has not this form.
    """
    found = word(raw, name, form)
    if not found:
        raise BadRequest(f"{name} is missing.")
    return found


def time_of(ts: str) -> datetime | None:
    """When the message with this `TS` was written; None when that is no time that there is."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (OverflowError, ValueError):
        return None


def team_of(body: Raw) -> str:
    """The workspace in which we are installed; in a channel that is shared with others not always the sender's.

    Raises:
        BadRequest: it is not said.
    """
    authorized = parts(body, "authorizations")
    team = word(authorized[0], "team_id", ID) if authorized else ""
    return team or word(body, "team_id", ID) or needed(part(body, "team"), "id", ID)


def us_in(body: Raw) -> str:
    """Who we are in that workspace, U…; empty when it is not said."""
    authorized = parts(body, "authorizations")
    return word(authorized[0], "user_id", ID) if authorized else ""
