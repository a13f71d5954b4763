"""rasa-sdk actions run in this process, through the endpoint that Rasa would call over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.dialogue import failures

ACTION_SECONDS = 5.0


class ActionTooSlow(TimeoutError):
    """An action took longer than ACTION_SECONDS."""


class LocalActions(EndpointConfig):
    """An action endpoint without a network: the same calls and answers as `rasa run actions`."""

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__(url="local", enable_selective_domain=True)
        self._executor = ActionExecutor()
        for action in actions:
            self._executor.register_action(action)
        # set when the model is loaded; forms read their slots from it, and by reference it costs nothing
        self.domain: dict[str, Any] = {}

    @property
    def names(self) -> list[str]:
        return sorted(self._executor.actions)

    async def request(self, *_: Any, **kwargs: Any) -> dict[str, Any]:
        """Runs the action that Rasa's call names.

        Raises:
            ClientResponseError: 400 when the action rejects its execution, as the action server answers it.
        """
        call = {"domain": self.domain, **kwargs["json"]}
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                result: dict[str, Any] | None = await self._executor.run(call)
        except ActionExecutionRejection as error:
            body = json.dumps({"error": error.message, "action_name": error.action_name})
            raise ClientResponseError(400, error.message, body) from error
        except TimeoutError as error:
            failures.note(ActionTooSlow(str(call.get("next_action"))))
            raise ActionTooSlow(str(call.get("next_action"))) from error
        except Exception as error:
            failures.note(error)
            raise
        return result or {"events": [], "responses": []}
