"""A sheet of A4 paper to write on from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import segno
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace

from app.documents.fonts import Face

MARGIN = 20  # millimetres
_GREY = (90, 90, 90)
_LINE = 1.45  # of the letters' height: Indian letters reach further up and down than Latin ones
_MM_PER_POINT = 25.4 / 72


class _Paper(FPDF):
    """Says on the page which font it writes in as soon as that is chosen. fpdf2 does so with the first text: where that
    is all in a fallback font, and in a colour, the next text stands in the font before."""

    def set_font(self, *given: Any, **named: Any) -> None:
        """See `FPDF.set_font`."""
        super().set_font(*given, **named)
        if self.page and self.current_font and not self.current_font_is_set_on_page:
            self._out(self._set_font_for_page(self.current_font, self.font_size_pt))


class Sheet:
    """Writes in the first of `faces`, and in the others what it has no letters for."""

    def __init__(self, faces: Sequence[Face], language: str, title: str) -> None:
        self._pdf = _Paper(format="A4")
        self._pdf.set_margin(MARGIN)
        for face in faces:
            self._pdf.add_font(face.name, "", face.regular)
            self._pdf.add_font(face.name, "B", face.bold)
        self._main = faces[0].name
        self._pdf.set_fallback_fonts([face.name for face in faces[1:]], exact_match=True)
        self._pdf.set_font(self._main)
        # the vowel signs of Indian scripts move, and their consonants join
        self._pdf.set_text_shaping(True)
        self._pdf.set_title(title)
        self._pdf.set_lang(language)
        self._pdf.add_page()

    @property
    def pdf(self) -> bytes:
        """What has been written, as a PDF."""
        return bytes(self._pdf.output())

    def text(self, text: str, size: float = 10, bold: bool = False, grey: bool = False, right: bool = False) -> None:
        """One or several lines."""
        self._pdf.set_font(self._main, "B" if bold else "", size)
        self._pdf.set_text_color(*(_GREY if grey else (0, 0, 0)))
        self._pdf.multi_cell(0, _height(size), text, align="R" if right else "L", new_x="LMARGIN", new_y="NEXT")

    def side_by_side(self, left: str, right: str) -> None:
        """Two texts in two halves of the page; the first line of each is its heading."""
        half = self._pdf.epw / 2
        top, lowest = self._pdf.get_y(), 0.0
        for column, text in enumerate((left, right)):
            heading, _, rest = text.partition("\n")
            for part, bold in ((heading, True), (rest, False)):
                if column or not bold:
                    self._pdf.set_x(MARGIN + column * half)
                self._pdf.set_font(self._main, "B" if bold else "", 10)
                self._pdf.set_text_color(0, 0, 0)
                self._pdf.multi_cell(half - 5, _height(10), part, align="L", new_x="LMARGIN", new_y="NEXT")
            lowest = max(lowest, self._pdf.get_y())
            self._pdf.set_y(top)
        self._pdf.set_y(lowest)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int], bold: Sequence[int] = ()) -> None:
        """A table whose first row is its heading; all columns but the first stand to the right. `bold` are rows."""
        self._pdf.set_font(self._main, "", 10)
        self._pdf.set_text_color(0, 0, 0)
        with self._pdf.table(
            col_widths=tuple(widths),
            text_align=("LEFT", *["RIGHT"] * (len(widths) - 1)),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis=TextEmphasis.B),
            line_height=_height(10),
            padding=1,
        ) as table:
            for place, row in enumerate(rows):
                style = FontFace(emphasis=TextEmphasis.B) if place in bold else None
                table.row(row, style=style)

    def gap(self, millimetres: float) -> None:
        """Leave room."""
        self._pdf.ln(millimetres)

    def rule(self) -> None:
        """A line across the page."""
        self.gap(3)
        self._pdf.line(MARGIN, self._pdf.get_y(), self._pdf.w - MARGIN, self._pdf.get_y())
        self.gap(4)

    def code(self, text: str, millimetres: float = 45) -> None:
        """A QR code, with the white around it that scanners need."""
        modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
        size = millimetres / len(modules)
        left, top = self._pdf.get_x(), self._pdf.get_y()
        self._pdf.set_fill_color(0, 0, 0)
        for row, line in enumerate(modules):
            for column, dark in enumerate(line):
                if dark:
                    self._pdf.rect(left + column * size, top + row * size, size, size, style="F")
        self._pdf.set_y(top + millimetres)


def _height(size: float) -> float:
    return size * _MM_PER_POINT * _LINE
