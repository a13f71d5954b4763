"""The widget as browsers get it: its files joined in one function, minified and compressed once, at start."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import rjsmin
import zopfli.gzip

FOLDER = Path(__file__).with_name("widget")
# each uses only what stands before it at the moment it is loaded
ORDER = (
    "tag",
    "storage",
    "nodes",
    "colour",
    "client",
    "stream",
    "words",
    "files",
    "picture",
    "attachment",
    "card",
    "item",
    "row",
    "log",
    "tray",
    "composer",
    "contact",
    "chat",
    "panel",
    "launcher",
    "surroundings",
    "element",
    "start",
)


@dataclass(frozen=True)
class Bundle:
    """The script to serve.

    Attributes:
        etag: of this very content, in quotes; another one for each release.
    """

    plain: bytes
    zipped: bytes
    etag: str


def bundle() -> Bundle:
    """Reads the folder and makes the script of it."""
    plain = str(rjsmin.jsmin(source())).encode()
    etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Bundle(plain, zopfli.gzip.compress(plain), etag)


def source() -> str:
    """The script as it is written, for whoever debugs it; the style sheet is a constant of it."""
    style = _tight((FOLDER / "style.css").read_text(encoding="utf-8"))
    parts = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in ORDER]
    joined = "\n".join([f"const STYLE = {json.dumps(style, ensure_ascii=False)};", *parts])
    return f'(() => {{\n"use strict";\n{joined}\n}})();\n'


def _tight(style: str) -> str:
    """A style sheet without its comments and its spaces between rules and declarations."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", style)).strip()
    return re.sub(r"([:,]) ", r"\1", style).replace(";}", "}")
