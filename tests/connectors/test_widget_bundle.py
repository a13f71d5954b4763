"""The widget's script: small, whole, without a word of its own or anything from elsewhere, and cached by what it is."""

from __future__ import annotations

import gzip
import re

import pytest
import yaml
from running import ROOT

from connectors.website.bundle import FOLDER, ORDER, bundle, source

LABEL = re.compile(r"\bwidget_[a-z_]+[a-z]\b")
# named in the script by what fills them: a suggestion, an author, a refusal's code
FILLED = ("widget_agent", "widget_bot", "widget_refused_")


def test_the_script_is_under_20_kb_as_it_is_sent() -> None:
    made = bundle()
    assert len(made.zipped) < 20 * 1024
    assert gzip.decompress(made.zipped) == made.plain


def test_every_file_of_the_widget_is_in_it_once() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in FOLDER.glob("*.js"))


def test_no_comment_is_sent() -> None:
    assert "/**" in source()
    assert not re.search(rb"/\*|(^|[ \t;])//[^/\"']*$", bundle().plain, re.MULTILINE)


@pytest.mark.parametrize(
    "what", ["cookie", "innerHTML", "outerHTML", "insertAdjacent", "eval(", "new Function", "import(", "import "]
)
def test_it_sets_no_cookie_and_reads_nothing_as_html_or_script(what: str) -> None:
    assert what not in bundle().plain.decode()


def test_it_names_no_other_server() -> None:
    assert set(re.findall(r"https?://[\w.]+", bundle().plain.decode())) == {"http://www.w3.org"}  # SVG's own name


def test_every_label_that_it_shows_has_its_words_and_all_words_are_shown() -> None:
    phrases = yaml.safe_load((ROOT / "data" / "phrases" / "widget.yml").read_text(encoding="utf-8"))
    named = set(LABEL.findall(source()))
    assert named <= set(phrases)
    assert [key for key in phrases if key not in named and not key.startswith(FILLED)] == []


def test_another_content_has_another_etag(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bundle()
    assert bundle() == before
    monkeypatch.setattr("connectors.website.bundle.ORDER", ORDER[:-1])
    assert bundle().etag != before.etag
