"""All tables of this floor, for whoever makes, checks or empties the whole of it."""

from __future__ import annotations

from handoff import channel_models
from handoff.models import metadata

__all__ = ["channel_models", "metadata"]
