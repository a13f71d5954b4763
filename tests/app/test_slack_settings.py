"""The settings of Slack: complete, or a sentence that says what to write; and the app's manifest fits what we do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml

from app import slack
from app.settings import ROOT, BadSettings, load
from connectors.slack import installing, routes
from handoff.database import Database

TOKEN, SECRET = {"SHOHAY_SLACK_BOT_TOKEN": "xoxb-1"}, {"SHOHAY_SLACK_SIGNING_SECRET": "0123abcd"}
APP = {
    "SHOHAY_SLACK_CLIENT_ID": "1.2",
    "SHOHAY_SLACK_CLIENT_SECRET": "hidden-word",
    "SHOHAY_PUBLIC_URL": "https://help.shop.example/",
}
SOCKET = {"SHOHAY_SLACK_MODE": "socket"}


def name(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for key, value in values.items():
        monkeypatch.setenv(key, value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        # promise 18: no hook without what Slack signs with
        (TOKEN, "SHOHAY_SLACK_SIGNING_SECRET: copy it"),
        (APP, "SHOHAY_SLACK_SIGNING_SECRET: copy it"),
        ({**TOKEN, "SHOHAY_SLACK_SIGNING_SECRET": "  "}, "SHOHAY_SLACK_SIGNING_SECRET: copy it"),
        ({**TOKEN, "SHOHAY_SLACK_SIGNING_SECRET": "two hidden-word"}, "SHOHAY_SLACK_SIGNING_SECRET: copy it"),
        ({"SHOHAY_SLACK_BOT_TOKEN": "xoxp-hidden-word", **SECRET}, "SHOHAY_SLACK_BOT_TOKEN: copy it"),
        ({"SHOHAY_SLACK_BOT_TOKEN": "xoxb-hidden-word\nX: 1", **SECRET}, "SHOHAY_SLACK_BOT_TOKEN: copy it"),
        ({**TOKEN, **SOCKET}, "SHOHAY_SLACK_APP_TOKEN: copy it"),
        ({**TOKEN, **SOCKET, "SHOHAY_SLACK_APP_TOKEN": "xoxb-hidden-word"}, "SHOHAY_SLACK_APP_TOKEN: copy it"),
        ({"SHOHAY_SLACK_MODE": "hidden-word"}, "SHOHAY_SLACK_MODE: use http or socket"),
        ({"SHOHAY_SLACK_BASE_URL": "http://hidden-word.example/"}, "SHOHAY_SLACK_BASE_URL: leave it out"),
        ({"SHOHAY_PUBLIC_URL": "http://hidden-word.example"}, "SHOHAY_PUBLIC_URL: name the address"),
        ({**APP, **SECRET, "SHOHAY_PUBLIC_URL": ""}, "SHOHAY_SLACK_CLIENT_SECRET: set it together"),
        ({**APP, **SECRET, "SHOHAY_SLACK_CLIENT_SECRET": ""}, "SHOHAY_SLACK_CLIENT_SECRET: set it together"),
        ({**APP, **SECRET, "SHOHAY_SLACK_CLIENT_ID": ""}, "SHOHAY_SLACK_CLIENT_SECRET: set it together"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    name(monkeypatch, values)
    with pytest.raises(BadSettings) as refused:
        load()
    assert said in str(refused.value) and "hidden-word" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({**TOKEN, **SECRET}, {routes.EVENTS, routes.ACTIONS}),
        ({**TOKEN, **SOCKET, "SHOHAY_SLACK_APP_TOKEN": "xapp-1"}, set()),
        ({**APP, **SECRET}, {routes.EVENTS, routes.ACTIONS, installing.INSTALL, installing.REDIRECT}),
    ],
)
async def test_each_way_of_setting_it_up_has_its_addresses(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], paths: set[str]
) -> None:
    name(monkeypatch, values)
    settings = load()
    database = Database("sqlite+aiosqlite:///:memory:")
    async with httpx.AsyncClient() as client:
        channel = slack.connector(settings, database, client)
        assert channel is not None
        takes = slack.listening(settings, None, channel)  # type: ignore[arg-type]
        found = slack.routers(settings, "secret", channel, takes)
    await database.close()
    assert {getattr(route, "path", "") for router in found for route in router.routes} == paths


async def test_without_a_token_there_is_no_such_channel() -> None:
    async with httpx.AsyncClient() as client:
        assert slack.connector(load(), Database("sqlite+aiosqlite:///:memory:"), client) is None


@pytest.mark.parametrize("file", ["slack-manifest.yml", "slack-manifest-socket.yml"])
def test_the_manifest_asks_for_what_we_need_and_for_nothing_else(file: str) -> None:
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "docs" / file).read_text(encoding="utf-8"))
    told = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert scopes == list(installing.SCOPES) and all(f"`{scope}`" in told for scope in scopes)
    settings = manifest["settings"]
    assert set(settings["event_subscriptions"]["bot_events"]) == {
        "app_mention",
        "app_uninstalled",
        "tokens_revoked",
        *(f"message.{kind}" for kind in ("channels", "groups", "im", "mpim")),
    }
    socket = "socket" in file
    assert settings["socket_mode_enabled"] is socket and settings["interactivity"]["is_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    if not socket:
        assert settings["event_subscriptions"]["request_url"].endswith(routes.EVENTS)
        assert settings["interactivity"]["request_url"].endswith(routes.ACTIONS)
        assert manifest["oauth_config"]["redirect_urls"][0].endswith(installing.REDIRECT)
