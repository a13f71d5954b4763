"""Prints what the actions ask for as PDF files, in the customer's language where there are fonts for its letters."""

from __future__ import annotations

from dataclasses import dataclass

from actions.post import Document, DocumentKind
from actions.values import ident
from app.documents import invoice, label
from app.documents.fonts import Fonts
from app.documents.sheet import Sheet
from app.documents.speech import Speech
from bot.content.live import LiveWords
from bot.content.words import Words

_LATIN = "en"


@dataclass(frozen=True)
class Printed:
    """A PDF file and what it is called."""

    name: str
    content: bytes


class Printer:
    """Prints with these words and fonts."""

    def __init__(self, words: LiveWords, fonts: Fonts) -> None:
        self._words = words
        self._fonts = fonts

    def print(self, document: Document, language: str) -> Printed:
        """One document. It takes a good part of a second: for a thread.

        Raises:
            app.documents.fonts.NoFont: nothing can be printed here.
        """
        words = self._words.current
        code = self._printable(words, language)
        speech = Speech(words, code)
        if document.kind is DocumentKind.RETURN_LABEL:
            if document.opened is None:
                raise ValueError("a label is for a return")
            sheet = Sheet(self._fonts.faces(code), code, label.title(document.opened, speech))
            latin = Speech(words, words.library.answered_in(_LATIN))
            label.write(document.order, document.opened, speech, latin, sheet)
            name = speech.say("label_file", number=ident(document.opened.number))
        else:
            paid = document.kind is DocumentKind.INVOICE
            sheet = Sheet(self._fonts.faces(code), code, invoice.title(document.order, speech, paid))
            invoice.write(document.order, speech, sheet, paid)
            file = "invoice_file" if paid else "overview_file"
            name = speech.say(file, number=ident(document.order.number))
        return Printed(f"{name}.pdf", sheet.pdf)

    def _printable(self, words: Words, language: str) -> str:
        own = words.library.answered_in(language)
        return own if self._fonts.can_print(own) else words.library.answered_in(_LATIN)
