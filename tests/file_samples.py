"""Files as people send them: photos that tell where they were taken, and things that are not what they say."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

# stands in whatever a file tells besides what it shows
SECRET = "zq-camera-4711"
TURNED = 6
GPS = 0x8825


def picture(size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Image.Image:
    """Something with many colours."""
    return Image.radial_gradient("L").resize(size).convert(mode)


def saved(format: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """As Pillow writes it."""
    file = io.BytesIO()
    (image or picture()).save(file, format, **options)
    return file.getvalue()


def camera(turned: int = TURNED) -> Image.Exif:
    """What a phone writes beside its picture."""
    exif = Image.Exif()
    exif[0x010F] = SECRET  # maker
    exif[0x0112] = turned
    exif.get_ifd(GPS).update({1: "N", 2: (IFDRational(23), IFDRational(48), IFDRational(37))})
    return exif


def jpeg(**options: Any) -> bytes:
    return saved("JPEG", **{"exif": camera(), "comment": SECRET, **options})


def png() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", SECRET)
    words.add_itxt("XML:com.adobe.xmp", SECRET)
    return saved("PNG", pnginfo=words, exif=camera())


def webp(**options: Any) -> bytes:
    return saved("WEBP", **{"exif": camera(), "xmp": SECRET.encode(), **options})


def webp_with_an_empty_head() -> bytes:
    """A picture behind which a second VP8X stands, without anything in it."""
    inside = saved("WEBP", picture((41, 31)))[8:] + b"VP8X" + bytes(4)
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


def gif() -> bytes:
    more = [picture(mode="P"), picture((40, 30), "L").rotate(90).convert("P")]
    return saved("GIF", picture(mode="P"), save_all=True, append_images=more, loop=0, duration=80, comment=SECRET)


def box(name: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + name + body


def heic(brand: bytes = b"heic", fits: bytes = b"mif1heic") -> bytes:
    return box(b"ftyp", brand + bytes(4) + fits) + box(b"meta", bytes(20)) + box(b"mdat", bytes(40))


def pdf(words: str = "hello") -> bytes:
    return (
        f"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Note ({words}) >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n".encode()
    )


def archive(name: str = "run.js") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr(name, "alert(1)")
    return file.getvalue()


TAKEN = {
    "image/jpeg": jpeg(),
    "image/png": png(),
    "image/webp": webp(),
    "image/gif": gif(),
    "image/heic": heic(),
    "application/pdf": pdf(),
}

SCRIPT = b"<script>alert(document.cookie)</script>"
REFUSED = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>',
    "svg with an xml head": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "html": b"<!doctype html>" + SCRIPT,
    "html that begins like a gif": b"GIF89a" + SCRIPT,
    "script that begins like a gif": b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)",
    "html that begins like a png": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "html that begins like a jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + SCRIPT,
    "html before a pdf": SCRIPT + pdf(),
    "html behind a pdf": pdf() + SCRIPT,
    "zip": archive(),
    "zip behind a pdf": pdf() + archive(),
    "zip behind a heic": heic() + archive(),
    "windows program": b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00",
    "linux program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "shell script": b"#!/bin/sh\nrm -rf /\n",
    "words": b"just words",
    "zeros": bytes(100),
    "video": box(b"ftyp", b"isom" + bytes(4) + b"isommp42") + box(b"moov", b"") + box(b"mdat", b""),
    "avif": heic(b"avif", b"mif1avif"),
    "tiff": b"II*\x00" + bytes(60),
    "bmp": b"BM" + bytes(60),
    "half a jpeg": jpeg()[:400],
    "half a png": png()[:-20],
    "half a gif": gif()[:-20],
    "half a webp": webp()[:-20],
    "a webp with an empty part that says what is in it": webp_with_an_empty_head(),
    "half a heic": heic()[:-20],
    "half a pdf": pdf()[:-8],
    "png with a wrong sum": png()[:19] + b")" + png()[20:],
    "png as large as a house": saved("PNG", Image.new("1", (8_001, 8_000))),
}
