"""What customer and agent say in the main job, and what they must hear, in each language."""

from __future__ import annotations

from typing import Any

STORIES: dict[str, dict[str, Any]] = {
    "en": {
        "faq": ("How much is delivery?", "$2"),
        "order": ("Where is my order 10001?", "amina@example.com", "on its way"),
        "person": "I want to talk to a human please",
        "queued": "You are",
        "reply": "Good morning! I am looking into it.",
        "joined": "has joined the chat",
        "back": "I am back",
        "again": ("how long do refunds take", "5–10 days"),
    },
    "bn": {
        "faq": ("ডেলিভারি চার্জ কত?", "৭০৳"),
        "order": ("আমার অর্ডার ১০০০১ কোথায়?", "amina@example.com", "পথে আছে"),
        "person": "আমি একজন মানুষের সাথে কথা বলতে চাই",
        "queued": "সারিতে",
        "reply": "শুভ সকাল! আমি দেখছি।",
        "joined": "চ্যাটে যোগ দিয়েছেন",
        "back": "আমি আবার আছি",
        "again": ("রিফান্ড পেতে কতদিন লাগে", "৫–১০ দিন"),
    },
}
