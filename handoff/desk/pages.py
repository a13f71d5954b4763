"""The desk's pages: signing in, the queue and a conversation."""

from __future__ import annotations

from fastapi import APIRouter

from handoff.services import Services


def router(services: Services) -> APIRouter:
    """The pages, over these services."""
    return APIRouter()
