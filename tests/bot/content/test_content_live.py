"""A changed answer is live without a restart; a broken file leaves the old words in use."""

import asyncio
import os
from pathlib import Path

import pytest
from content_testing import FILES, replace, write

from bot.content.errors import ContentError
from bot.content.live import LiveWords

POLICY = "data/faq/returns/return_policy.yml"
SHOP = "data/shop.yml"


@pytest.fixture
def live(project: Path) -> LiveWords:
    return LiveWords(project / "data")


def test_nothing_changed_nothing_is_read_again(live: LiveWords) -> None:
    before = live.current
    assert not live.refresh()
    assert live.current is before


def test_a_changed_answer_is_said_at_once(live: LiveWords, project: Path) -> None:
    replace(project, POLICY, "You have {return_window} to return it.", "Take {return_window}.")
    assert live.refresh()
    assert live.say("return_policy", "en").text == "Take 30 days."


def test_a_changed_fact_is_said_in_every_answer(live: LiveWords, project: Path) -> None:
    replace(project, SHOP, "{days: 30}", "{days: 60}")
    assert live.refresh()
    assert "60 days" in live.say("return_policy", "en").text
    assert "৬০ দিন" in live.say("return_policy", "bn").text


def test_new_and_removed_files_are_noticed(live: LiveWords, project: Path) -> None:
    write(project, "data/phrases/new.yml", "fresh: {en: Fresh, bn: নতুন}\n")
    assert live.refresh()
    assert live.say("fresh", "bn").text == "নতুন"
    (project / "data/phrases/new.yml").unlink()
    assert live.refresh()
    with pytest.raises(KeyError):
        live.say("fresh", "bn")


def test_a_change_of_the_same_length_is_noticed(live: LiveWords, project: Path) -> None:
    path = project / POLICY
    status = path.stat()
    replace(project, POLICY, "You have", "You keep")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert live.refresh()
    assert live.say("return_policy", "en").text.startswith("You keep")


BROKEN = {
    "YAML": (POLICY, "  en: Returns", "\ten: Returns"),
    "a locale": (SHOP, "bn_BD", "qq_QQ"),
    "no languages": (SHOP, "languages:", "tongues:"),
    "a fact that cannot be written": (SHOP, "return_window: {days: 30}", "return_window: {dayz: 30}"),
    "a money fact without money": (SHOP, "{BDT: 130, USD: 3.00}", "{}"),
    "a phrase's next": ("data/phrases/orders.yml", "[order_status, human_agent]", "5"),
}


@pytest.mark.parametrize(("file", "old", "new"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_leaves_the_old_words_in_use(
    live: LiveWords, project: Path, file: str, old: str, new: str
) -> None:
    before = live.say("return_policy", "bn")
    replace(project, file, old, new)
    assert not live.refresh()
    assert live.say("return_policy", "bn") == before
    replace(project, file, new, old)
    replace(project, POLICY, "{return_window}।", "{return_window} মাত্র।")
    assert live.refresh()
    assert live.say("return_policy", "bn").text == "ফেরত দেওয়ার সময় ৩০ দিন মাত্র।"


def test_a_shop_file_that_is_gone_leaves_the_old_words_in_use(live: LiveWords, project: Path) -> None:
    (project / SHOP).unlink()
    assert not live.refresh()
    assert live.say("return_policy", "en").text == "You have 30 days to return it."
    write(project, SHOP, FILES[SHOP])
    assert live.refresh()


def test_a_file_that_vanishes_while_it_is_read_leaves_the_old_words_in_use(live: LiveWords, project: Path) -> None:
    path = project / POLICY
    path.unlink()
    path.symlink_to(project / "gone.yml")
    assert not live.refresh()
    assert live.say("return_policy", "en").text == "You have 30 days to return it."


def test_broken_content_is_refused_at_the_first_reading(project: Path) -> None:
    write(project, SHOP, "languages: [unclosed\n")
    with pytest.raises(ContentError, match=r"data/shop\.yml:2"):
        LiveWords(project / "data")


async def test_the_watcher_takes_over_what_changes_and_survives_what_is_broken(live: LiveWords, project: Path) -> None:
    watching = asyncio.create_task(live.watch(0.01))
    try:
        text = (project / POLICY).read_text(encoding="utf-8")
        write(project, POLICY, "title: [unclosed\n")
        await asyncio.sleep(0.05)
        write(project, POLICY, text.replace("You have", "Everybody has"))
        while not live.say("return_policy", "en").text.startswith("Everybody has"):
            assert not watching.done()
            await asyncio.sleep(0.01)
    finally:
        watching.cancel()
