"""Photos and PDF files in the widget: chosen, dropped, pasted, refused, on their way, sent, seen again and saved."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from running import Agent, Shohay, eventually
from windows import DESKTOP, PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" + (
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \ntrailer<</Size 3/Root 1 0 R>>\n"
    b"startxref\n103\n%%EOF\n"
)


def photo(width: int = 900, height: int = 600) -> bytes:
    """A cup with a crack, more or less."""
    image = Image.new("RGB", (width, height), (240, 226, 205))
    image.paste((178, 74, 58), (width // 3, height // 3, 2 * width // 3, 5 * height // 6))
    image.paste((40, 30, 30), (width // 2, height // 3, width // 2 + 12, 3 * height // 4))
    made = io.BytesIO()
    image.save(made, "JPEG", quality=80)
    return made.getvalue()


def file(name: str, kind: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": content}


def choose(page: Page, *files: dict[str, object]) -> None:
    page.get_by_test_id("file-input").set_input_files(list(files))


CUP = ("broken cup.jpg", "image/jpeg")
INVOICE = ("invoice.pdf", "application/pdf")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "bn")])
def test_a_photo_and_a_pdf_go_with_a_message_and_are_there_after_a_reload(
    desk_only: Shohay, window, size: dict[str, int], language: str
) -> None:
    customer = WidgetWindow(window(size), desk_only, language)
    page = customer.page
    choose(page, file(*CUP, photo()), file(*INVOICE, PDF))
    waiting = page.get_by_test_id("upload")
    expect(waiting).to_have_count(2)
    expect(page.locator('[data-testid="upload"][data-state="done"]')).to_have_count(2)
    customer.say("The cup came broken." if language == "en" else "কাপটি ভাঙা এসেছে।")
    expect(waiting).to_have_count(0)
    sent = customer.of("customer").last
    expect(sent.get_by_test_id("file")).to_have_count(2)
    expect(sent.locator(".file.picture canvas")).to_be_visible()
    expect(sent).to_have_attribute("data-state", "sent")
    page.reload()
    if not page.get_by_test_id("panel").is_visible():
        page.get_by_test_id("launcher").click()
    sent = customer.of("customer").first
    expect(sent.locator(".file.picture canvas")).to_be_visible()
    pixel = sent.locator("canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(c.width / 2 - 20, c.height / 2, 1, 1).data]"
    )
    assert abs(pixel[0] - 178) < 12
    with page.expect_download() as started:
        sent.locator('[data-type="application/pdf"]').click()
    assert started.value.suggested_filename == "invoice.pdf"
    assert Path(started.value.path()).read_bytes() == PDF
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_photo_alone_is_a_message_and_the_desk_has_it(desk_only: Shohay, window) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    customer.say("look at this one")
    (found,) = eventually(
        lambda: Agent(desk_only.url).get("/conversations", q="look at this one").json()["conversations"]
    )
    expect(customer.page.get_by_test_id("send")).to_be_disabled()
    choose(customer.page, file(*CUP, photo()))
    customer.page.locator('[data-testid="send"]:enabled').click()
    expect(customer.of("customer")).to_have_count(2)
    sent = customer.of("customer").last
    expect(sent.get_by_test_id("bubble")).to_be_hidden()
    expect(sent).to_have_attribute("data-state", "sent")
    stored = [one for one in Agent(desk_only.url).conversation(found["id"])["messages"] if one["author"] == "customer"]
    assert [(one["name"], one["type"]) for one in stored[-1]["files"]] == [CUP]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "cannot be sent"),
        ("bn", "পাঠানো যাবে না"),
        ("hi", "नहीं भेजी जा सकती"),
        ("es", "No se puede enviar"),
        ("fr", "Impossible d’envoyer"),
        ("de", "kann nicht gesendet werden"),
    ],
)
def test_a_file_of_a_wrong_kind_is_refused_in_every_language(
    desk_only: Shohay, window, language: str, said: str
) -> None:
    customer = WidgetWindow(window(), desk_only, language)
    page = customer.page
    choose(page, file("drawing.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"))
    trouble = page.get_by_test_id("upload-error")
    expect(trouble).to_contain_text(said)
    expect(trouble).to_contain_text("drawing.svg")
    # what only says to be a photo is found out by the server, and told in the same words
    choose(page, file("photo.png", "image/png", b"MZ this is a program"))
    expect(trouble).to_contain_text("photo.png")
    expect(trouble).to_contain_text(said)
    expect(page.get_by_test_id("upload")).to_have_count(0)
    choose(page, file("large.jpg", "image/jpeg", photo() + bytes(5 * 1024 * 1024)))
    expect(trouble).to_contain_text("large.jpg")
    expect(trouble).to_contain_text("5" if language not in ("bn",) else "৫")
    choose(page, file(*CUP, photo(60, 40)))
    expect(trouble).to_be_hidden()


def test_more_than_ten_files_are_not_taken(desk_only: Shohay, window) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    choose(customer.page, *[file(f"{number}.jpg", "image/jpeg", photo(60, 40)) for number in range(11)])
    expect(customer.page.get_by_test_id("upload")).to_have_count(10)
    expect(customer.page.get_by_test_id("upload-error")).to_contain_text("At most 10 files")


def test_how_far_an_upload_is_can_be_seen_it_can_be_tried_again_and_taken_back(desk_only: Shohay, window) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    page = customer.page
    held: list[Route] = []
    page.route("**/api/website/files", lambda route: held.append(route))
    choose(page, file(*CUP, photo()), file(*INVOICE, PDF))
    expect(page.get_by_role("progressbar", name="Uploading")).to_have_count(2)
    expect(page.get_by_test_id("send")).to_be_disabled()
    eventually(lambda: len(held) == 2 or page.wait_for_timeout(50))
    for route in held:
        route.abort()
    retry = page.get_by_test_id("upload-retry")
    expect(retry).to_have_count(2)
    expect(retry.first).to_have_text("Not uploaded, tap to retry")
    page.unroute("**/api/website/files")
    retry.first.click()
    expect(page.locator('[data-testid="upload"][data-state="done"]')).to_have_count(1)
    page.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_test_id("upload")).to_have_count(1)
    expect(page.get_by_test_id("send")).to_be_enabled()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_photo_can_be_dropped_on_the_panel_and_pasted(desk_only: Shohay, window, way: str) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    page = customer.page
    brought = page.evaluate_handle(
        """content => { const brought = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        brought.items.add(new File([bytes], 'brought.jpg', { type: 'image/jpeg' })); return brought }""",
        base64.b64encode(photo(60, 40)).decode(),
    )
    if way == "drop":
        panel = page.get_by_test_id("panel")
        panel.dispatch_event("dragenter", {"dataTransfer": brought})
        expect(page.get_by_text("Drop photos or a PDF here")).to_be_visible()
        panel.dispatch_event("drop", {"dataTransfer": brought})
        expect(page.get_by_text("Drop photos or a PDF here")).to_be_hidden()
    else:
        page.get_by_test_id("input").evaluate(
            "(input, brought) => input.dispatchEvent(new ClipboardEvent('paste', "
            "{ clipboardData: brought, bubbles: true, cancelable: true }))",
            brought,
        )
    expect(page.get_by_test_id("upload")).to_contain_text("brought.jpg")


def test_a_photo_is_shown_on_a_page_that_allows_no_images_of_ours(desk_only: Shohay, elsewhere, window) -> None:
    page = window()
    elsewhere.embed(desk_only.url)
    page.goto(elsewhere.origin)
    customer = WidgetWindow(page, desk_only, "en", goto=False)
    choose(page, file(*CUP, photo()))
    expect(page.locator('[data-testid="upload"][data-state="done"]')).to_have_count(1)
    customer.say("from another page")
    page.reload()
    customer = WidgetWindow(page, desk_only, "en", goto=False)
    expect(customer.of("customer").locator(".file.picture canvas")).to_be_visible()
    with page.expect_download() as started:
        customer.of("customer").get_by_test_id("file").click()
    assert started.value.suggested_filename == "broken cup.jpg"


def test_a_files_name_is_text_and_nothing_else(desk_only: Shohay, window) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    page = customer.page
    name = "<img src=x onerror=\"document.title='owned'\">.pdf"
    choose(page, file(name, "application/pdf", PDF))
    expect(page.get_by_test_id("upload")).to_contain_text("onerror")
    choose(page, file(name.replace("pdf", "exe"), "application/x-msdownload", b"MZ"))
    expect(page.get_by_test_id("upload-error")).to_contain_text("onerror")
    page.locator('[data-testid="send"]:enabled').click()
    expect(customer.of("customer").get_by_test_id("file")).to_contain_text("onerror")
    expect(page.locator("shohay-widget img")).to_have_count(0)
    assert "owned" not in page.title()
