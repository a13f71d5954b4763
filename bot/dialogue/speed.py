"""Rasa's slow spots, replaced once for the process (docs/rasa.md says why each is slow)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from weakref import WeakValueDictionary

import jsonschema
import rasa.shared.utils.common
import threadpoolctl
from rasa.core.actions.action import RemoteAction
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockStore
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import Event


@cache
def install() -> None:
    """Puts the patched functions in place; calling it again does nothing."""
    Event.resolve_by_type = staticmethod(_resolver())
    validator = jsonschema.Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(_: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    # Rasa compiles the schema for every call of every custom action.
    RemoteAction._validate_action_result = validate
    ModelMetadata.from_dict = _metadata_reader()


def one_thread() -> None:
    """To be called when a model is loaded, with all that computes. A message is one row: several threads of BLAS have
    nothing to share out, wait for each other by spinning, and take a second core from other conversations."""
    threadpoolctl.threadpool_limits(1, user_api="blas")


class ConversationLocks(LockStore):
    """One asyncio lock for each conversation, instead of tickets polled once a second.

    The lease on the conversation's row is what orders turns between processes.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = 0, wait_time_in_seconds: float = 0
    ) -> AsyncIterator[TicketLock]:
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            yield TicketLock(conversation_id)


def _resolver() -> Any:
    """Rasa walks all event classes for each stored event; the names never change, so they are looked up once."""
    original = Event.resolve_by_type
    classes = {cls.type_name: cls for cls in rasa.shared.utils.common.all_subclasses(Event)}

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        return classes.get(type_name) or original(type_name, default)

    return resolve


def _metadata_reader() -> Any:
    """A model is loaded to answer, and how it was trained is of no use then; reading that imports all that trains, with
    TensorFlow and Matplotlib."""
    original = ModelMetadata.from_dict

    def read(serialized: dict[str, Any]) -> ModelMetadata:
        return original({**serialized, "train_schema": {"nodes": {}}})

    return staticmethod(read)
