"""What a file may be called, whatever its sender calls it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff import file_names
from handoff.sniffing import KINDS, Kind

BY_TYPE = {kind.type: kind for kind in KINDS}
JPEG, PDF = BY_TYPE["image/jpeg"], BY_TYPE["application/pdf"]


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ("photo.jpg", JPEG, "photo.jpg"),
        ("IMG_0001.JPEG", JPEG, "IMG_0001.JPEG"),
        ("photo.png", JPEG, "photo.jpg"),
        ("photo", JPEG, "photo.jpg"),
        ("photo.exe", JPEG, "photo.jpg"),
        ("invoice.pdf.exe", PDF, "invoice.pdf"),
        ("photo.svg.html", JPEG, "photo.jpg"),
        ("order 10.002", JPEG, "order 10.002.jpg"),
        ("ভাঙা চায়ের কাপ.jpg", JPEG, "ভাঙা চায়ের কাপ.jpg"),
        ("क्‍ष.pdf", PDF, "क्‍ष.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\Users\\amina\\bill.pdf", PDF, "bill.pdf"),
        ("photo\u202egpj.exe", JPEG, "photogpj.jpg"),
        ("a\r\nSet-Cookie: x.jpg", JPEG, "a Set-Cookie_ x.jpg"),
        ("a\x00b\u200bc\ufeff.jpg", JPEG, "abc.jpg"),
        ('"quoted" <name>?.jpg', JPEG, "_quoted_ _name__.jpg"),
        ("card 4111 1111 1111 1111.jpg", JPEG, "card [•••• card number removed].jpg"),
        (".htaccess", JPEG, "htaccess.jpg"),
        (".jpg", JPEG, "jpg.jpg"),
        ("  . ", JPEG, "file.jpg"),
        ("", PDF, "file.pdf"),
        ("notes.txt", None, "notes.txt"),
        ("", None, "file"),
    ],
)  # fmt: skip
def test_a_name_is_what_it_was_called_made_harmless(said: str, kind: Kind | None, name: str) -> None:
    assert file_names.clean(said, kind) == unicodedata.normalize("NFC", name)


@given(st.text(max_size=400) | st.text("./\\\u202e\u200d\x00 aé.jpg", max_size=300), st.sampled_from([*KINDS, None]))
def test_any_name_is_short_visible_without_folders_and_ends_as_its_kind(said: str, kind: Kind | None) -> None:
    name = file_names.clean(said, kind)
    assert 1 <= len(name) <= file_names.MAX_NAME
    assert not set('/\\<>:"|?*') & set(name)
    assert not name.startswith((".", " ")) and not name.endswith((".", " "))
    assert all(one in "\u200c\u200d" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in name)
    name.encode()
    if kind is not None:
        assert name.rsplit(".", 1)[1].lower() in kind.endings
    assert file_names.clean(name, kind) == name or len(name) == file_names.MAX_NAME
