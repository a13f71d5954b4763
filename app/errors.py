"""Every error as `{"error": {"code", "message"}}`: a stable word for programs and one sentence for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from connectors.base import BadRequest, Forged
from handoff.access import Forbidden, NotSignedIn
from handoff.conversations import Refused
from handoff.database import DatabaseAway
from handoff.desk.routes import WrongPassword
from handoff.inbox import TooMany
from handoff.people import LockedOut

log = structlog.get_logger(__name__)

REFUSED_STATUS = {
    "not_found": 404,
    "empty": 400,
    "empty_file": 400,
    "too_long": 400,
    "unknown_button": 400,
    "unknown_language": 400,
    "unknown_file": 400,
    "too_many_files": 400,
    "unknown_agent": 400,
    "unknown_team": 400,
    "bad_time": 400,
    "invalid": 400,
    "too_old": 400,
    "bad_signature": 401,
    "unknown_session": 401,
    "erased": 410,
    "too_large": 413,
    "wrong_type": 415,
    "too_many_uploads": 429,
    "bad_voucher": 403,
    "used_voucher": 403,
    "bad_link": 410,
}
_HTTP_CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
}

Handler = Callable[[Request, Any], Response]


def answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error in the form of every error of ours."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=dict(headers or {}))


def install(app: FastAPI) -> None:
    """Answers every exception of the product, and any other, in that form."""

    def refused(_: Request, error: Refused) -> Response:
        return answer(REFUSED_STATUS.get(error.code, 409), error.code, error.message)

    def too_many(_: Request, error: TooMany) -> Response:
        message = "You have sent many messages in a short time; please wait a minute and try again."
        return answer(429, "too_many", message, {"Retry-After": str(error.retry_after)})

    def locked_out(_: Request, error: LockedOut) -> Response:
        message = "Too many failed sign-ins; please try again in 30 minutes or ask an administrator."
        return answer(429, "locked_out", message, {"Retry-After": str(error.retry_after)})

    def away(_: Request, error: DatabaseAway) -> Response:
        log.error("database_away", error=str(error))
        message = "We cannot store anything at the moment; please try again shortly."
        return answer(503, "database_away", message, {"Retry-After": "5"})

    def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "body"
        if first["type"] == "json_invalid":
            return answer(400, "invalid", "The request is not valid JSON.")
        return answer(422, "invalid", f"{where}: {first['msg']}.")

    def http(_: Request, error: HTTPException) -> Response:
        code, message = _HTTP_CODES.get(error.status_code, ("error", str(error.detail)))
        return answer(error.status_code, code, message, error.headers)

    def unexpected(request: Request, error: Exception) -> Response:
        # the route's own words: into its parameters anything may be typed
        path = getattr(request.scope.get("route"), "path", None)
        log.error("unexpected", path=path, error=type(error).__name__, exc_info=error)
        return answer(500, "internal", "Something went wrong on our side; it has been noted.")

    handlers: dict[type[Exception], Handler] = {
        Refused: refused,
        TooMany: too_many,
        LockedOut: locked_out,
        DatabaseAway: away,
        RequestValidationError: invalid,
        HTTPException: http,
        Forged: lambda _, error: answer(401, "unknown_session", str(error)),
        BadRequest: lambda _, error: answer(400, "invalid", str(error)),
        Forbidden: lambda _, error: answer(403, "forbidden", str(error)),
        NotSignedIn: lambda *_: answer(401, "not_signed_in", "Please sign in."),
        WrongPassword: lambda *_: answer(401, "wrong_password", "Name and password do not fit."),
        Exception: unexpected,
    }
    for exception, handler in handlers.items():
        app.add_exception_handler(exception, handler)
