"""The letter that follows a yes, printed and posted by the real post: its label scans as the return's number."""

import pypdfium2
import zxingcpp
from return_testing import TWO_LINES, asked_to_confirm
from shop_testing import ROOT, OwnShop

from actions.shop import tables
from app.documents.printer import Printer
from app.post import DemoMailbox
from bot.content.live import LiveWords

# its import takes a while, and belongs to no answer here
assert Printer


async def test_the_label_in_the_mailbox_scans_as_the_number_of_the_return(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    one.post = DemoMailbox(own_sqlite.database, LiveWords(ROOT / "data"))
    assert await one.says("yes", "affirm") == ["return_opened"]
    (letter,) = await own_sqlite.rows(tables.mails)
    assert f"R{TWO_LINES}-1" in letter["subject"] and TWO_LINES in letter["text"]
    (file,) = await own_sqlite.rows(tables.mail_files)
    page = pypdfium2.PdfDocument(file["content"])[0].render(scale=100 / 72).to_pil()
    assert [one.text for one in zxingcpp.read_barcodes(page)] == [f"R{TWO_LINES}-1"]
    assert await one.again() == ["return_opened"]
    assert len(await own_sqlite.rows(tables.mails)) == 1
