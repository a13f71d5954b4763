"""Every setting, from the environment or `.env`; docs/settings.md lists them, and a test keeps that true."""

from __future__ import annotations

import os
import re
import secrets
from email.errors import InvalidHeaderDefect, MessageError
from email.headerregistry import HeaderRegistry
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from actions.shop.woocommerce import payments
from connectors.slack import desk_places

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
SHOPS = ("sql", "woocommerce", "shopify")
SLACK_API = "https://slack.com/api/"
_SHOPIFY = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
TELEGRAM = "https://api.telegram.org"
_TELEGRAM_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]+")
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Settings(BaseSettings):
    """`SHOHAY_<NAME>` in the environment sets the field `<name>`."""

    model_config = SettingsConfigDict(env_prefix="SHOHAY_", env_file=ROOT / ".env", extra="ignore")

    host: str = Field("127.0.0.1", description="address the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the web server listens on")
    database_url: str = Field(
        f"sqlite+aiosqlite:///{ROOT / 'var' / 'shohay.db'}",
        description="`sqlite+aiosqlite:///file` or `postgresql+asyncpg://user:password@host/name`",
    )
    secret_key: str = Field(
        "", description="signs visitors' tokens; when unset, one is made and kept in `var/secret_key`"
    )
    models_dir: Path = Field(ROOT / "models", description="folder of the trained models")
    project_dir: Path = Field(
        ROOT, description="the shop's folder: `data/` with its content, and Rasa's `config.yml` and `domain.yml`"
    )
    messages_per_minute: int = Field(20, ge=1, description="messages a visitor may send within any 60 seconds")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of other sites that may embed the widget, with commas between, or `*` for any"
    )
    secure_cookies: bool = Field(False, description="send the desk's cookie over HTTPS only; turn on behind HTTPS")
    timezone: str = Field("Asia/Dhaka", description="the shop's time zone, for the times it tells")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR; no level ever logs message text")
    demo: bool = Field(False, description="load the demo shop and the demo people; `make run` turns it on")
    demo_password: str = Field(
        "", description="the demo people's password; when unset, a random one is made and printed"
    )
    smtp_url: str = Field(
        "",
        description="mail server for one-time codes, `smtp://user:password@host:587` or `smtps://…`; without one the "
        "demo shows letters at `/mailbox`, and elsewhere changes of orders go to a person",
    )
    mail_from: str = Field("", description="address that letters come from; needed with `SHOHAY_SMTP_URL`")
    shop_events_secret: str = Field(
        "",
        description="what the shop signs with when it tells what happens to orders, at least 32 characters; without "
        "one there is no `/api/shop/events`, and no customer is offered news",
    )
    identity_secret: str = Field(
        "",
        description="what the shop signs with when it vouches for a customer who is signed in there, at least 32 "
        "characters; without one nobody can be",
    )
    fonts_dir: Path | None = Field(
        None, description="folder of the fonts that documents are printed with; when unset, the system's are used"
    )
    shop: str = Field("sql", description="where the orders are: `sql`, in our database, `woocommerce` or `shopify`")
    woocommerce_url: str = Field("", description="address of a WooCommerce shop, `https://shop.example`")
    woocommerce_key: str = Field("", description="its REST API key with read and write permissions, `ck_…`")
    woocommerce_secret: str = Field("", description="the key's secret, `cs_…`")
    woocommerce_payments: str = Field(
        "",
        description="ids of its payment methods that are not in docs/woocommerce.md: `my_gateway=card, other=paypal`",
    )
    shopify_shop: str = Field("", description="address of a Shopify shop, `nodi.myshopify.com`")
    shopify_client_id: str = Field("", description="id of our app there, from the Dev Dashboard")
    shopify_client_secret: str = Field("", description="the app's secret, `shpss_…`")
    shopify_token: str = Field(
        "", description="instead of both: the access token of an app that was made in the shop's admin, `shpat_…`"
    )
    shopify_payments: str = Field(
        "", description="its payment gateways that are not in docs/shopify.md: `my gateway=card, klarna=bank_transfer`"
    )
    public_url: str = Field(
        "", description="address at which the world reaches Shohay, `https://help.shop.example`, for channels' webhooks"
    )
    telegram_token: str = Field("", description="turns the `telegram` channel on: the bot's token from @BotFather")
    telegram_base_url: str = Field(TELEGRAM, description="Telegram, or a Bot API server of your own or for tests")
    telegram_mode: str = Field(
        "",
        description="`webhook`, Telegram calls us, or `polling`, we ask it; when unset, `webhook` if there is a secret "
        "for it",
    )
    telegram_webhook_secret: str = Field(
        "",
        description="what Telegram's calls must carry: 1 to 256 letters, digits, `_` and `-`; needed for `webhook`, "
        "with `SHOHAY_PUBLIC_URL`",
    )
    slack_mode: str = Field(
        "http", description="how Slack's requests come in: `http`, or `socket` over a connection that we open"
    )
    slack_base_url: str = Field(SLACK_API, description="where Slack's Web API is; other addresses are for tests")
    slack_client_id: str = Field(
        "", description="lets other workspaces install the app at `/slack/install`: its client id"
    )
    slack_client_secret: str = Field("", description="the app's client secret")
    slack_bot_token: str = Field(
        "", description="turns Slack on: the bot token of one workspace, `xoxb-…`; see docs/slack.md"
    )
    slack_signing_secret: str = Field(
        "", description="what Slack signs its requests with; needed with `http`, without it nothing starts"
    )
    slack_app_token: str = Field("", description="app-level token, `xapp-…`; needed with `socket`")
    slack_desk_channels: str = Field(
        "",
        description="where agents answer from Slack: the id of a channel for all teams, or `support=C0123, "
        "payments=C0456`; see docs/slack-desk.md",
    )
    fake_secret: str = Field("", description="turns the `fake` channel on: the secret its requests must carry")
    fake_send_url: str = Field("", description="where the `fake` channel posts what it sends")

    @property
    def slack(self) -> bool:
        """Whether Slack is a channel here."""
        return bool(self.slack_bot_token or self.slack_client_id)

    @property
    def data_dir(self) -> Path:
        """The content."""
        return self.project_dir / "data"

    @property
    def telegram_by_webhook(self) -> bool:
        """Telegram calls us; otherwise we ask it."""
        return self.telegram_mode == "webhook" or (not self.telegram_mode and bool(self.telegram_webhook_secret))

    @field_validator("models_dir", "project_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.absolute()

    @field_validator("fonts_dir", mode="before")
    @classmethod
    def _folder(cls, value: object) -> object:
        if not value:
            return None
        if not Path(str(value)).is_dir():
            raise ValueError("there is no such folder; name one with .ttf files in it, or leave it out")
        return Path(str(value)).absolute()

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        try:
            known = make_url(value).drivername in ("sqlite+aiosqlite", "postgresql+asyncpg")
        except ArgumentError:
            known = False
        if not known:
            raise ValueError("begin it with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        if value and not _is_mail_server(value):
            raise ValueError("write smtp://user:password@host:587 or smtps://host, with %40 for an @ in the password")
        return value

    @field_validator("mail_from")
    @classmethod
    def _letters_have_a_sender(cls, value: str, info: ValidationInfo) -> str:
        if (value or info.data.get("smtp_url")) and not _is_one_address(value):
            raise ValueError("name the address that letters come from, such as Nodi Store <help@nodi.example>")
        return value

    @field_validator("identity_secret", "shop_events_secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < SHORTEST_SECRET:
            raise ValueError(f"use at least {SHORTEST_SECRET} random characters, such as from `openssl rand -hex 32`")
        return value

    @field_validator("shop")
    @classmethod
    def _known_shop(cls, value: str) -> str:
        if value not in SHOPS:
            raise ValueError(f"there is no such shop system; name one of {', '.join(SHOPS)}")
        return value

    @field_validator("woocommerce_url")
    @classmethod
    def _woocommerce_is_safe(cls, value: str, info: ValidationInfo) -> str:
        if (value or info.data.get("shop") == "woocommerce") and not _is_safe_url(value):
            raise ValueError("name the shop's address, such as https://shop.example; it must speak HTTPS")
        return value

    @field_validator("woocommerce_key", "woocommerce_secret")
    @classmethod
    def _woocommerce_lets_us_in(cls, value: str, info: ValidationInfo) -> str:
        begins = "ck_" if info.field_name == "woocommerce_key" else "cs_"
        wanted = value or info.data.get("shop") == "woocommerce"
        if wanted and not (value.startswith(begins) and value.isascii() and value.isprintable()):
            raise ValueError(f"copy it from WooCommerce; it begins with {begins}")
        return value

    @field_validator("woocommerce_payments", "shopify_payments")
    @classmethod
    def _known_methods(cls, value: str) -> str:
        payments.parse(value)
        return value

    @field_validator("shopify_shop")
    @classmethod
    def _shopify_has_an_address(cls, value: str, info: ValidationInfo) -> str:
        host = value.removeprefix("https://").rstrip("/")
        if (value or info.data.get("shop") == "shopify") and not _SHOPIFY.fullmatch(host):
            raise ValueError("name the shop's own address at Shopify, such as nodi.myshopify.com")
        return host

    @field_validator("shopify_token")
    @classmethod
    def _shopify_lets_us_in(cls, value: str, info: ValidationInfo) -> str:
        app = (info.data.get("shopify_client_id"), info.data.get("shopify_client_secret"))
        if any(one and not (one.isascii() and one.isprintable() and one.split() == [one]) for one in (value, *app)):
            raise ValueError("copy it from Shopify as it is, and so the app's id and secret")
        if info.data.get("shop") == "shopify" and not value and not all(app):
            raise ValueError("set SHOHAY_SHOPIFY_CLIENT_ID and SHOHAY_SHOPIFY_CLIENT_SECRET, or this token")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_safe(cls, value: str) -> str:
        if value and not _is_safe_url(value):
            raise ValueError("name the address at which the world reaches Shohay, such as https://help.shop.example")
        return value.rstrip("/")

    @field_validator("telegram_token")
    @classmethod
    def _telegram_token(cls, value: str) -> str:
        if value and not _TELEGRAM_TOKEN.fullmatch(value):
            raise ValueError("copy it from @BotFather; it is a number, a colon and letters")
        return value

    @field_validator("telegram_base_url")
    @classmethod
    def _telegram_is_safe(cls, value: str) -> str:
        if not _is_safe_url(value):
            raise ValueError(f"name a Bot API server that speaks HTTPS, or leave it out for {TELEGRAM}")
        return value.rstrip("/")

    @field_validator("telegram_mode")
    @classmethod
    def _known_mode(cls, value: str) -> str:
        if value not in ("", "webhook", "polling"):
            raise ValueError("use webhook or polling, or leave it out")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _telegram_lets_only_itself_in(cls, value: str, info: ValidationInfo) -> str:
        if value and not _TELEGRAM_SECRET.fullmatch(value):
            raise ValueError("use up to 256 letters, digits, _ and -, such as from `openssl rand -hex 32`")
        if not info.data.get("telegram_token"):
            return value
        mode = info.data.get("telegram_mode")
        if mode == "webhook" and not value:
            raise ValueError(
                "a webhook needs one, such as from `openssl rand -hex 32`; or use SHOHAY_TELEGRAM_MODE=polling"
            )
        known = info.data.get("telegram_base_url") == TELEGRAM
        if value and mode != "polling" and known and not info.data.get("public_url"):
            raise ValueError("a webhook needs SHOHAY_PUBLIC_URL too; or use SHOHAY_TELEGRAM_MODE=polling")
        return value

    @field_validator("slack_mode")
    @classmethod
    def _known_slack_mode(cls, value: str) -> str:
        if value not in ("http", "socket"):
            raise ValueError("use http or socket")
        return value

    @field_validator("slack_base_url")
    @classmethod
    def _slack_is_safe(cls, value: str) -> str:
        if not _is_safe_url(value):
            raise ValueError(f"leave it out; Slack's own is {SLACK_API}")
        return f"{value.rstrip('/')}/"

    @field_validator("slack_client_secret")
    @classmethod
    def _slack_can_be_installed(cls, value: str, info: ValidationInfo) -> str:
        wanted = value or info.data.get("slack_client_id")
        if wanted and not (value and info.data.get("slack_client_id") and info.data.get("public_url")):
            raise ValueError("set it together with SHOHAY_SLACK_CLIENT_ID and SHOHAY_PUBLIC_URL, or neither")
        return value

    @field_validator("slack_bot_token")
    @classmethod
    def _slack_lets_us_in(cls, value: str) -> str:
        if value and not (value.startswith("xoxb-") and _is_one_word(value)):
            raise ValueError("copy it from the app's page OAuth & Permissions; it begins with xoxb-")
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _slack_signs(cls, value: str, info: ValidationInfo) -> str:
        on = info.data.get("slack_bot_token") or info.data.get("slack_client_id")
        if (value or (on and info.data.get("slack_mode") == "http")) and not _is_one_word(value):
            raise ValueError("copy it from the app's page Basic Information; without it anybody could speak as Slack")
        return value

    @field_validator("slack_app_token")
    @classmethod
    def _slack_connects(cls, value: str, info: ValidationInfo) -> str:
        on = info.data.get("slack_bot_token") or info.data.get("slack_client_id")
        wanted = value or (on and info.data.get("slack_mode") == "socket")
        if wanted and not (value.startswith("xapp-") and _is_one_word(value)):
            raise ValueError("copy it from the app's page Basic Information; it begins with xapp-")
        return value

    @field_validator("slack_desk_channels")
    @classmethod
    def _desk_is_in_slack(cls, value: str, info: ValidationInfo) -> str:
        if value:
            desk_places.parse(value)
            if not info.data.get("slack_bot_token"):
                raise ValueError("set SHOHAY_SLACK_BOT_TOKEN too: of the workspace in which the agents are")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("there is no such time zone; name one such as Asia/Dhaka")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("use DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value


class BadSettings(Exception):
    """A setting has a value that cannot be used; the message names it."""


def load() -> Settings:
    """The settings as they stand.

    Raises:
        BadSettings: with one line for each setting that is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"SHOHAY_{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}."
            for one in error.errors()
        ]
        raise BadSettings("\n".join(lines)) from error


def _is_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # a port that is none raises
        known = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    # a sign of the password that was not encoded ends the host early
    return bool(known and parts.path in ("", "/") and not parts.query and not parts.fragment and url.split() == [url])


def _is_one_word(value: str) -> bool:
    return value.isascii() and value.isprintable() and value.split() == [value]


def _is_safe_url(url: str) -> bool:
    """HTTPS, or a server on this very machine; nothing in it that is no address."""
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))
    return known and safe and "@" not in parts.netloc and not (parts.query or parts.fragment) and url.split() == [url]


def _is_one_address(text: str) -> bool:
    """With a name before it or without; it becomes a header as it is."""
    try:
        header: Any = HeaderRegistry()("From", text)
    except (ValueError, LookupError, MessageError):
        return False
    if not text.isprintable() or any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
        return False
    return len(header.addresses) == 1 and bool(header.addresses[0].username and header.addresses[0].domain)


def kept_secret(name: str, length: int) -> str:
    """A random secret in `var/`, made when first asked for and readable by its owner alone."""
    path = ROOT / "var" / name
    path.parent.mkdir(exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    secret = secrets.token_urlsafe(length)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
    return secret
