"""Every setting is listed in docs/settings.md, and a wrong value is named."""

import re
from pathlib import Path
from typing import Any

import pytest

from app import settings
from app.settings import ROOT, BadSettings, Settings

PAGE = ROOT / "docs" / "settings.md"
ROW = re.compile(r"^\| `(SHOHAY_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings from this machine's environment or .env."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SHOHAY_{name.upper()}", raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")


def shown(default: Any) -> str:
    """A default as the page writes it."""
    if default in ("", (), None):
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default == ROOT:
        return "`.`"
    return f"`{str(default).replace(f'{ROOT}/', '')}`"


def test_the_page_lists_exactly_every_setting_with_its_default_and_what_it_does() -> None:
    page = {name: (default, what) for name, default, what in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert page == {
        f"SHOHAY_{name.upper()}": (shown(field.default), field.description)
        for name, field in Settings.model_fields.items()
    }


def test_no_setting_is_named_on_the_page_that_does_not_exist() -> None:
    named = set(re.findall(r"SHOHAY_[A-Z0-9_]+", PAGE.read_text(encoding="utf-8")))
    assert named <= {f"SHOHAY_{name.upper()}" for name in Settings.model_fields}


def test_the_environment_comes_before_the_file_and_the_file_before_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SHOHAY_PORT=9001\nSHOHAY_HOST=0.0.0.0\nSOMETHING_ELSE=1\n", encoding="utf-8")
    monkeypatch.setenv("SHOHAY_PORT", "9002")
    loaded = settings.load()
    assert (loaded.port, loaded.host, loaded.messages_per_minute) == (9002, "0.0.0.0", 20)


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        ("https://shop.example/", ("https://shop.example",)),
        (" https://a.example , https://b.example/,", ("https://a.example", "https://b.example")),
    ],
)
def test_origins_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch, given: str, origins: tuple[str, ...]) -> None:
    monkeypatch.setenv("SHOHAY_ALLOWED_ORIGINS", given)
    assert settings.load().allowed_origins == origins


def test_folders_are_made_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_PROJECT_DIR", "shop")
    assert settings.load().data_dir == Path.cwd() / "shop" / "data"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("MESSAGES_PER_MINUTE", "0"),
        ("DEMO", "perhaps"),
        ("TIMEZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://user:hidden-word@host/name"),
        ("DATABASE_URL", "sqlite:///file.db"),
        ("DATABASE_URL", "hidden-word"),
        ("DATABASE_URL", ""),
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "http://shop:hidden-word@mail.example"),
        ("SMTP_URL", "smtp:mail.example"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://:587"),
        ("SMTP_URL", "smtp://shop:hidden-word@"),
        ("SMTP_URL", "smtp://shop:hidden-word@mail.example:many"),
        ("SMTP_URL", "smtp://shop:hidden-word@mail.example:0"),
        ("SMTP_URL", "smtp://shop:hidden-word@mail.example:70000"),
        ("SMTP_URL", "smtp://shop:hidden-word@mail.example:587/mail"),
        ("SMTP_URL", "smtp://shop:12#hidden-word@mail.example:587"),
        ("SMTP_URL", "smtp://shop:hidden/word/hidden-word@mail.example:587"),
        ("SMTP_URL", "smtp://shop:hidden-word?@mail.example:587"),
        ("SMTP_URL", "smtp://shop:hidden-word @mail.example:587"),
        ("SMTP_URL", "smtp://shop:hidden-word@[::1:587"),
        ("MAIL_FROM", "hidden-word"),
        ("MAIL_FROM", "hidden-word@"),
        ("MAIL_FROM", "@hidden-word.example"),
        ("MAIL_FROM", "help@hidden-word.example, sales@hidden-word.example"),
        ("MAIL_FROM", "help@hidden-word.example sales@hidden-word.example"),
        ("MAIL_FROM", "help@hidden-word.example\nBcc: sales@hidden-word.example"),
        ("SHOP", "hidden-word"),
        ("WOOCOMMERCE_URL", "hidden-word.example"),
        ("WOOCOMMERCE_URL", "http://hidden-word.example"),
        ("WOOCOMMERCE_URL", "https://"),
        ("WOOCOMMERCE_URL", "https://ck_1:hidden-word@shop.example"),
        ("WOOCOMMERCE_URL", "https://shop.example/?consumer_secret=hidden-word"),
        ("WOOCOMMERCE_URL", "https://shop.example:many"),
        ("WOOCOMMERCE_URL", "https://shop.example hidden-word"),
        ("WOOCOMMERCE_KEY", "hidden-word"),
        ("WOOCOMMERCE_KEY", "cs_hidden-word"),
        ("WOOCOMMERCE_SECRET", "ck_hidden-word"),
        ("WOOCOMMERCE_SECRET", "cs_hidden-word\n"),
        ("WOOCOMMERCE_PAYMENTS", "hidden-word"),
        ("WOOCOMMERCE_PAYMENTS", "hidden-word=shells"),
        ("WOOCOMMERCE_PAYMENTS", "=card"),
        ("PUBLIC_URL", "help.hidden-word.example"),
        ("PUBLIC_URL", "http://help.hidden-word.example"),
        ("TELEGRAM_TOKEN", "hidden-word"),
        ("TELEGRAM_TOKEN", "123:hidden-word/x"),
        ("TELEGRAM_TOKEN", "123:hidden-word "),
        ("TELEGRAM_TOKEN", ":hidden-word"),
        ("TELEGRAM_BASE_URL", "http://hidden-word.example"),
        ("TELEGRAM_BASE_URL", ""),
        ("TELEGRAM_MODE", "hidden-word"),
        ("TELEGRAM_WEBHOOK_SECRET", "hidden-word!"),
        ("TELEGRAM_WEBHOOK_SECRET", "hidden-word" * 30),
    ],
)
def test_a_wrong_value_is_named_in_one_line_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SHOHAY_{name}", value)
    with pytest.raises(BadSettings) as raised:
        settings.load()
    message = str(raised.value)
    assert message.startswith(f"SHOHAY_{name}: ")
    assert "\n" not in message
    assert "hidden-word" not in message


def test_a_woocommerce_shop_takes_an_address_and_both_halves_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"URL": "https://shop.example/blog", "KEY": "ck_1", "SECRET": "cs_1"}
    monkeypatch.setenv("SHOHAY_SHOP", "woocommerce")
    for name, value in values.items():
        with pytest.raises(BadSettings) as raised:
            settings.load()
        assert f"SHOHAY_WOOCOMMERCE_{name}: " in str(raised.value)
        monkeypatch.setenv(f"SHOHAY_WOOCOMMERCE_{name}", value)
    monkeypatch.setenv("SHOHAY_WOOCOMMERCE_PAYMENTS", "my_gateway=card, other*=bkash,")
    loaded = settings.load()
    assert (loaded.shop, loaded.woocommerce_url) == ("woocommerce", "https://shop.example/blog")
    monkeypatch.setenv("SHOHAY_WOOCOMMERCE_URL", "http://127.0.0.1:8080")  # nobody in between
    settings.load()


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("", ""),
        ("", "help@nodi.example"),
        ("smtp://mail.example", "help@nodi.example"),
        ("smtp://mail.example:2525/", "Nodi Inc. <help@nodi.example>"),
        ("smtps://shop%40nodi.example:p%3Aa%2Fs%40s@[::1]:465", "নদী স্টোর <help@nodi.example>"),
    ],
)
def test_letters_need_a_server_and_a_sender_or_neither(monkeypatch: pytest.MonkeyPatch, url: str, sender: str) -> None:
    monkeypatch.setenv("SHOHAY_SMTP_URL", url)
    monkeypatch.setenv("SHOHAY_MAIL_FROM", sender)
    loaded = settings.load()
    assert (loaded.smtp_url, loaded.mail_from) == (url, sender)


@pytest.mark.parametrize("sender", [None, ""])
def test_a_mail_server_without_a_sender_is_told_by_an_example(
    monkeypatch: pytest.MonkeyPatch, sender: str | None
) -> None:
    monkeypatch.setenv("SHOHAY_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("SHOHAY_PORT", "x")
    if sender is not None:
        monkeypatch.setenv("SHOHAY_MAIL_FROM", sender)
    with pytest.raises(BadSettings) as raised:
        settings.load()
    # with whatever else is wrong
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["SHOHAY_PORT", "SHOHAY_MAIL_FROM"]
    assert "such as Nodi Store <help@nodi.example>." in str(raised.value)


def test_a_mail_server_that_cannot_be_read_is_told_how_to_write_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_SMTP_URL", "mail.example")
    with pytest.raises(BadSettings) as raised:
        settings.load()
    assert str(raised.value) == (
        "SHOHAY_SMTP_URL: write smtp://user:password@host:587 or smtps://host, with %40 for an @ in the password."
    )


@pytest.mark.parametrize(
    ("given", "by_webhook"),
    [
        ({}, False),
        ({"MODE": "polling"}, False),
        ({"MODE": "polling", "WEBHOOK_SECRET": "s"}, False),
        ({"WEBHOOK_SECRET": "s", "PUBLIC_URL": "https://help.shop.example/"}, True),
        ({"MODE": "webhook", "WEBHOOK_SECRET": "s", "PUBLIC_URL": "https://help.shop.example"}, True),
        # a server for tests stands where it reaches us
        ({"WEBHOOK_SECRET": "s", "BASE_URL": "http://127.0.0.1:8081/bot"}, True),
        ({"MODE": "webhook"}, None),
        ({"MODE": "webhook", "PUBLIC_URL": "https://help.shop.example"}, None),
        ({"WEBHOOK_SECRET": "s"}, None),
        ({"MODE": "webhook", "WEBHOOK_SECRET": "", "BASE_URL": "http://127.0.0.1:8081"}, None),
    ],
    ids=str,
)
def test_telegrams_webhook_does_not_start_without_its_secret_and_an_address(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], by_webhook: bool | None
) -> None:
    monkeypatch.setenv("SHOHAY_TELEGRAM_TOKEN", "123456789:only-for-tests")
    for name, value in given.items():
        monkeypatch.setenv(f"SHOHAY_{name}" if name == "PUBLIC_URL" else f"SHOHAY_TELEGRAM_{name}", value)
    if by_webhook is None:
        with pytest.raises(BadSettings) as raised:
            settings.load()
        assert str(raised.value).startswith("SHOHAY_TELEGRAM_WEBHOOK_SECRET: a webhook needs ")
        monkeypatch.delenv("SHOHAY_TELEGRAM_TOKEN")  # the channel is off, so nothing is missing
        settings.load()
        return
    loaded = settings.load()
    assert loaded.telegram_by_webhook is by_webhook
    assert not loaded.public_url.endswith("/")


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_PORT", "x")
    monkeypatch.setenv("SHOHAY_LOG_LEVEL", "x")
    with pytest.raises(BadSettings) as raised:
        settings.load()
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["SHOHAY_PORT", "SHOHAY_LOG_LEVEL"]


def test_a_kept_secret_is_made_once_and_readable_by_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    secret = settings.kept_secret("one", 32)
    assert len(secret) >= 32
    assert settings.kept_secret("one", 32) == secret
    assert settings.kept_secret("two", 32) != secret
    assert (tmp_path / "var" / "one").stat().st_mode & 0o777 == 0o600
