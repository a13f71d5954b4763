"""Where Slack's requests come in over HTTP, and where a workspace installs us."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi import Request as HttpRequest
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

from connectors.base import BadRequest, Request
from connectors.slack.connector import Slack
from connectors.slack.installing import INSTALL, REDIRECT
from connectors.slack.listening import Listening

EVENTS, ACTIONS = "/hooks/slack/events", "/hooks/slack/actions"
PATHS = (EVENTS, ACTIONS)
# what is written stands up to four times in the event of an edit, each character as six bytes where it is not Latin,
# and Slack lets people write far more than we take
MAX_BODY = 512 * 1024
# no others: Bolt has headers of its own that would pass over its work
_HEADERS = ("content-type", "x-slack-request-timestamp", "x-slack-signature")


def hooks(slack: Slack, listening: Listening) -> APIRouter:
    """Events and presses of buttons. 2xx says that all of it is stored."""
    router = APIRouter(tags=["hooks"])

    async def take(request: HttpRequest) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        called = Request(await request.body(), headers)
        slack.parse(called, slack.verify(called))  # before anybody else looks at what may be anything
        try:  # what our listeners raise stands in the context; what comes out here, Bolt has stumbled over
            asked = AsyncBoltRequest(
                body=called.body.decode(), headers={name: headers[name] for name in _HEADERS if name in headers}
            )
            answer = await listening.app.async_dispatch(asked)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise BadRequest("The request is not of a form that Slack documents.") from error
        failure = asked.context.get("failure")
        if failure is not None:
            raise failure
        return to_starlette_response(answer)

    router.add_api_route(EVENTS, take, methods=["POST"], name="hook_slack_events", response_model=None)
    router.add_api_route(ACTIONS, take, methods=["POST"], name="hook_slack_actions", response_model=None)
    return router


def installing(flow: AsyncOAuthFlow) -> APIRouter:
    """The link that installs us, and where Slack sends the browser back to."""
    router = APIRouter(tags=["slack"], include_in_schema=False)

    @router.get(INSTALL)
    async def install(request: HttpRequest) -> Response:
        return to_starlette_response(await flow.handle_installation(to_async_bolt_request(request, b"")))

    @router.get(REDIRECT)
    async def back(request: HttpRequest) -> Response:
        return to_starlette_response(await flow.handle_callback(to_async_bolt_request(request, b"")))

    return router
