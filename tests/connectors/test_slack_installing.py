"""Several workspaces: each installs us by OAuth, is answered with its own token, and leaves as it came."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from delivery_testing import deliver, pauses_end, speak
from fastapi import FastAPI
from slack_events import Sender, as_json
from slack_server import CLIENT_ID, CLIENT_SECRET, SlackServer, Workspace
from slack_testing import House, listening, message

from app import errors
from connectors.base import Rejected
from connectors.delivery import Delivery
from connectors.slack import installing, routes
from handoff.installations import Installations
from handoff.services import Services

OTHER = Workspace("T0OTHER", "Other & Sons", "U0OTHERBOT", "B0OTHERBOT", "xoxb-other-workspace")
URL = "https://help.shop.example"


@pytest.fixture
def kept(services: Services) -> Installations:
    return Installations(services.database, "slack")


@pytest.fixture
async def house(slack_there: SlackServer, services: Services, kept: Installations) -> AsyncIterator[House]:
    async with listening(slack_there, services, kept) as opened:
        yield opened


@pytest.fixture
async def browser(house: House, kept: Installations) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who installs us."""
    web = FastAPI()
    errors.install(web)
    flow = installing.flow(house.slack.web, kept, CLIENT_ID, CLIENT_SECRET, "signs states", URL)
    web.include_router(routes.installing(flow))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


async def begin(browser: httpx.AsyncClient) -> str:
    """The state that Slack hands back."""
    answer = await browser.get("/slack/install")
    assert answer.status_code == 302
    asked = urlsplit(answer.headers["location"])
    assert (asked.netloc, asked.path) == ("slack.com", "/oauth/v2/authorize")
    given = parse_qs(asked.query)
    assert given["client_id"] == [CLIENT_ID] and given["redirect_uri"] == [f"{URL}/slack/oauth_redirect"]
    assert set(given["scope"][0].split(",")) == set(installing.SCOPES)
    return given["state"][0]


async def test_a_workspace_that_installed_us_is_answered_with_its_own_token(
    house: House, browser: httpx.AsyncClient, slack_there: SlackServer
) -> None:
    await house.slack.workspaces.introduce(house.slack.web)
    elsewhere = Sender(slack_there, OTHER)
    slack_there.codes["code"] = OTHER
    answer = await browser.get("/slack/oauth_redirect", params={"code": "code", "state": await begin(browser)})
    assert (answer.status_code, answer.text) == (
        200,
        "Shohay is installed in Other & Sons. You may close this page.",
    )
    assert OTHER.token not in answer.text + str(answer.headers)

    for sender, said in ((elsewhere, "there"), (house.sender, "here")):
        assert await house.post(as_json(sender.message("hello"))) == 200
        await speak(house.services, f"{sender.workspace.team}:D0AMINA", said, channel="slack")
    await pauses_end(house.services)
    await deliver(Delivery(house.services.database, {"slack": house.slack}))
    said = {(one.team, one.shown) for one in slack_there.posted() if one.shown in ("there", "here")}
    assert said == {("T0OTHER", "there"), ("T0NODI", "here")}


async def test_what_did_not_begin_here_or_took_too_long_installs_nothing(
    browser: httpx.AsyncClient, slack_there: SlackServer, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack_there.codes["code"] = OTHER
    state = await begin(browser)
    cookies = dict(browser.cookies)

    async def back(status: int, **given: str) -> None:
        browser.cookies.update(cookies)
        answer = await browser.get("/slack/oauth_redirect", params=given)
        assert answer.status_code == status, answer.text
        assert await kept.find("T0OTHER") is None

    await back(400, code="code")
    await back(400, code="code", state="guessed")
    await back(400, code="code", state=state[:-1] + ("a" if state[-1] != "a" else "b"))
    await back(400, error="access_denied", state=state)
    await back(401, state=state)
    await back(401, code="another", state=state)
    browser.cookies.clear()  # another browser
    cookies = {}
    await back(400, code="code", state=state)
    monkeypatch.setattr(time, "time", lambda later=time.time() + 601: later)
    browser.cookies.set("slack-app-oauth-state", state)
    answer = await browser.get("/slack/oauth_redirect", params={"code": "code", "state": state})
    assert answer.status_code == 401 and await kept.find("T0OTHER") is None
    assert "code" in slack_there.codes


@pytest.mark.parametrize("kind", ["removed", "revoked"])
async def test_a_workspace_that_removed_us_is_forgotten_and_one_that_came_back_is_not(
    house: House, kept: Installations, kind: str
) -> None:
    elsewhere = Sender(house.sender.slack, OTHER)
    body = {"bot_token": OTHER.token, "bot_user_id": OTHER.bot_user, "bot_id": OTHER.bot_id}
    await kept.save("T0OTHER", body)
    event = getattr(elsewhere, kind)()
    # what was removed before it was installed anew
    assert await house.post(as_json({**event, "event_time": int(time.time()) - 60})) == 200
    assert await kept.find("T0OTHER") == body
    assert await house.post(as_json({**event, "event_time": int(time.time())})) == 200
    assert await kept.find("T0OTHER") is None
    await house.slack.workspaces.introduce(house.slack.web)  # whose own token is of another workspace
    refused = await house.slack.send(message("hello", "T0OTHER:D0AMINA"))
    assert refused == Rejected("the app is not installed in this workspace", gone=True)


async def test_a_token_of_a_person_that_was_revoked_is_none_of_ours(house: House, kept: Installations) -> None:
    await kept.save("T0OTHER", {"bot_token": OTHER.token})
    event = Sender(house.sender.slack, OTHER).event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}})
    assert await house.post(as_json({**event, "event_time": int(time.time()) + 5})) == 200
    assert await kept.find("T0OTHER") == {"bot_token": OTHER.token}


async def test_a_whole_organisation_is_told_to_choose_a_workspace(
    browser: httpx.AsyncClient, slack_there: SlackServer, kept: Installations
) -> None:
    slack_there.codes["code"] = replace(OTHER, team="")
    answer = await browser.get("/slack/oauth_redirect", params={"code": "code", "state": await begin(browser)})
    assert answer.status_code == 500 and "one workspace" in answer.text
    assert await kept.find("") is None
