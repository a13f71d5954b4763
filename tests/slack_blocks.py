"""What Slack refuses of Block Kit: the limits of docs.slack.dev/reference/block-kit, as far as we use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Raw = dict[str, Any]

MAX_BLOCKS = 50


def wrong_with(blocks: Sequence[Raw]) -> list[str]:
    """One sentence for each thing that Slack would not take; none when it would take it all."""
    if not isinstance(blocks, list):
        return ["blocks must be an array"]
    problems = [f"no more than {MAX_BLOCKS} items allowed"] if len(blocks) > MAX_BLOCKS else []
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids):
        problems.append("block_id must be unique")
    for place, block in enumerate(blocks):
        check = _CHECKS.get(block.get("type", ""))
        found = check(block) if check else ["unsupported type"]
        problems += [f"{problem} [json-pointer:/blocks/{place}]" for problem in found]
        if len(block.get("block_id", "")) > 255:
            problems.append("block_id must be at most 255 characters")
    return problems


def _section(block: Raw) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "text or fields is missing"
    if "text" in block:
        yield from _text(block["text"], 3000)
    fields = block.get("fields", [])
    if "fields" in block and not 1 <= len(fields) <= 10:
        yield "fields must be 1 to 10"
    for one in fields:
        yield from _text(one, 2000)
    if "accessory" in block:
        yield from _button(block["accessory"])


def _actions(block: Raw) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield "elements must be 1 to 25"
    for one in elements:
        yield from _button(one)
    named = [one["action_id"] for one in elements if "action_id" in one]
    if len(set(named)) < len(named):
        yield "action_id must be unique within a block"


def _context(block: Raw) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield "elements must be 1 to 10"
    for one in elements:
        if one.get("type") != "image":
            yield from _text(one, 3000)


def _header(block: Raw) -> Iterator[str]:
    yield from _text(block.get("text", {}), 150, ("plain_text",))


def _divider(_: Raw) -> Iterator[str]:
    return iter(())


def _button(element: Raw) -> Iterator[str]:
    if element.get("type") != "button":
        yield "only buttons are known here"
        return
    yield from _text(element.get("text", {}), 75, ("plain_text",))
    for name, most in (("action_id", 255), ("value", 2000), ("url", 3000)):
        if name in element and not (isinstance(element[name], str) and 1 <= len(element[name]) <= most):
            yield f"{name} must be 1 to {most} characters"
    if element.get("style") not in (None, "primary", "danger"):
        yield "style must be primary or danger"
    if "confirm" in element:
        yield from _text(element["confirm"].get("title", {}), 100, ("plain_text",))
        yield from _text(element["confirm"].get("text", {}), 300)
        yield from _text(element["confirm"].get("confirm", {}), 30, ("plain_text",))
        yield from _text(element["confirm"].get("deny", {}), 30, ("plain_text",))


def _text(text: Raw, most: int, kinds: Sequence[str] = ("mrkdwn", "plain_text")) -> Iterator[str]:
    if text.get("type") not in kinds:
        yield f"text must be one of {', '.join(kinds)}"
    if not isinstance(text.get("text"), str) or not 1 <= len(text["text"]) <= most:
        yield f"must be 1 to {most} characters"
    if text.get("type") == "plain_text" and "verbatim" in text:
        yield "verbatim is for mrkdwn alone"


_CHECKS = {"section": _section, "actions": _actions, "context": _context, "header": _header, "divider": _divider}
