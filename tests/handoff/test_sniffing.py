"""A file is what its bytes are; what it tells besides what it shows is not kept."""

from __future__ import annotations

import io

import pytest
from file_samples import (
    GPS,
    REFUSED,
    SECRET,
    TAKEN,
    TURNED,
    archive,
    camera,
    gif,
    heic,
    jpeg,
    pdf,
    picture,
    saved,
    webp,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handoff.formats.parts import MOST_PIXELS
from handoff.sniffing import KINDS, SHOWN, Sniffed, sniff


def kept(content: bytes) -> Sniffed:
    found = sniff(content)
    assert found is not None
    return found


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def frames(content: bytes) -> list[bytes]:
    image = opened(content)
    found = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        found.append(image.convert("RGBA").tobytes())
    return found


@pytest.mark.parametrize("kind", TAKEN)
def test_every_kind_that_we_take_is_known_by_its_bytes(kind: str) -> None:
    assert kept(TAKEN[kind]).kind.type == kind
    assert {one.type for one in KINDS} == set(TAKEN)


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused(name: str) -> None:
    assert sniff(REFUSED[name]) is None


@given(st.binary(max_size=400))
def test_random_bytes_are_refused(content: bytes) -> None:
    assert sniff(content) is None


@given(st.sampled_from(sorted(TAKEN)), st.integers(0), st.binary(max_size=30), st.integers(0, 40))
@settings(max_examples=300)
def test_a_broken_file_is_refused_or_kept_as_something_that_is_taken_again(
    kind: str, at: int, instead: bytes, gone: int
) -> None:
    content = TAKEN[kind]
    at %= len(content)
    found = sniff(content[:at] + instead + content[at + gone :])
    if found is not None:
        assert found.kind.type == kind
        again = sniff(found.content)
        assert again is not None and again.content == found.content


PICTURES = {
    "jpeg": jpeg(),
    "jpeg in passes": jpeg(progressive=True),
    "jpeg with restarts": jpeg(restart_marker_rows=1),
    "grey jpeg": saved("JPEG", picture(mode="L"), exif=camera()),
    "jpeg for print": saved("JPEG", picture(mode="CMYK"), exif=camera(), icc_profile=b"colours" * 20),
    "png": TAKEN["image/png"],
    "png one can see through": saved("PNG", picture(mode="RGBA")),
    "png with a palette": saved("PNG", picture(mode="P")),
    "png that moves": saved("PNG", save_all=True, append_images=[picture().rotate(90)]),
    "webp": webp(),
    "webp without loss": webp(lossless=True),
    "plain webp": saved("WEBP", picture((41, 31))),
    "webp that moves": webp(save_all=True, append_images=[picture().rotate(90)]),
    "gif": gif(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_as_before_and_tells_nothing_else(name: str) -> None:
    content = PICTURES[name]
    found = kept(content).content
    assert frames(found) == frames(content)
    assert SECRET.encode() not in found
    image = opened(found)
    assert GPS not in image.getexif()
    assert image.info.get("icc_profile") == opened(content).info.get("icc_profile")
    assert sniff(found) == kept(found) and kept(found).content == found


def test_what_the_samples_tell_is_there_before() -> None:
    for kind in ("image/jpeg", "image/png", "image/webp", "image/gif"):
        assert SECRET.encode() in TAKEN[kind]
    assert GPS in opened(jpeg()).getexif()


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_photo_is_still_turned_as_the_camera_was_held(turned: int) -> None:
    assert opened(kept(jpeg(exif=camera(turned))).content).getexif().get(0x0112, 1) == turned
    assert TURNED != 1


@pytest.mark.parametrize(
    "exif", [b"", b"II*\x00", b"MM\x00*\xff\xff\xff\xff", b"II*\x00\x08\x00\x00\x00\xff\xff", b"xx"]
)
def test_exif_that_cannot_be_read_turns_nothing(exif: bytes) -> None:
    found = kept(jpeg(exif=b"Exif\x00\x00" + exif)).content
    assert 0x0112 not in opened(found).getexif()


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_what_stands_behind_a_picture_is_cut_off(kind: str) -> None:
    behind = archive()
    assert kept(TAKEN[kind] + behind).content == kept(TAKEN[kind]).content


def test_a_pdf_and_a_heic_are_kept_as_they_are() -> None:
    for content in (
        pdf(),
        pdf().replace(b"1.7", b"2.0"),
        pdf() + b"\r\n\x00\x00",
        heic(),
        heic(b"mif1"),
        heic(b"heix"),
    ):
        assert kept(content).content == content


def test_a_picture_may_be_as_large_as_cameras_make_it() -> None:
    side = int(MOST_PIXELS**0.5)
    assert sniff(saved("PNG", Image.new("1", (side, side)))) is not None
    assert sniff(saved("PNG", Image.new("1", (side + 1, side)))) is None
