"""The machine-readable description at `/openapi.json`: what FastAPI cannot know of our routes by itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema


class Fault(BaseModel):
    code: str = Field(description="a stable word for programs")
    message: str = Field(description="one sentence for a person")


class Error(BaseModel):
    """What every answer but those of success looks like."""

    error: Fault


# whatever is not named otherwise; docs/api.md tells which codes are where
FAULT = {
    "description": "An error, by its status",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
SCHEMES = {
    "visitor": {"type": "http", "scheme": "bearer", "description": "the token of POST /api/website/sessions"},
    "desk": {"type": "http", "scheme": "bearer", "description": "the token of POST /api/desk/login"},
    "page": {
        "type": "apiKey",
        "in": "cookie",
        "name": "shohay_session",
        "description": "the desk's own pages; every change also needs X-CSRF-Token",
    },
}
_NEEDED: dict[str, list[dict[str, list[str]]]] = {
    "/api/website/": [{"visitor": []}],
    "/api/desk/": [{"desk": []}, {"page": []}],
}
# what anybody may ask for
OPEN = (
    "/api/website/sessions",
    "/api/website/labels",
    "/api/website/agents/{person_id}/picture",
    "/api/desk/login",
)


class Described(FastAPI):
    """An application whose description names its errors and what opens its addresses."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


def _complete(described: dict[str, Any]) -> None:
    components = described.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= models_json_schema([(Error, "serialization")], ref_template="#/components/schemas/{model}")[1]["$defs"]
    components["securitySchemes"] = SCHEMES
    for path, operations in described["paths"].items():
        needed = next((one for start, one in _NEEDED.items() if path.startswith(start)), None)
        for operation in operations.values():
            operation["responses"].pop("422", None)  # FastAPI's own form, in which we answer nothing
            operation["responses"]["default"] = FAULT
            if needed is not None and path not in OPEN:
                operation["security"] = needed
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
