"""What can go wrong between the sandbox and its API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_FOUND = 404
CONFLICT = 409
GONE = 410


class KubeError(Exception):
    """Anything that the API server refused, or that kept a request from it."""


class ApiUnreachableError(KubeError):
    """Nothing answers at the endpoint, or the certificate is not the sandbox's."""

    def __init__(self, url: str, cause: object) -> None:
        """Name the endpoint and why."""
        super().__init__(f"The API server at {url} cannot be reached: {cause}")
        self.url = url


class ApiError(KubeError):
    """A `Status` object with which the API server refused a request.

    Attributes:
        status: the HTTP status.
        reason: the machine's word for it: `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden` ...
        message: the API server's sentence.
        details: `causes`, with a `field` each, for an invalid object; `retryAfterSeconds` for a busy server.
    """

    def __init__(self, status: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        """Keep what the `Status` says."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}

    @property
    def not_found(self) -> bool:
        """Whether the object, or its kind, does not exist."""
        return self.status == NOT_FOUND

    @property
    def conflict(self) -> bool:
        """Whether somebody else was faster, owns a field or made the object already."""
        return self.status == CONFLICT


class KindNotServedError(ApiError):
    """The cluster knows no such kind: its CRD is missing or not established yet."""

    def __init__(self, api_version: str, kind: str, served: list[str]) -> None:
        """Name the kind, and the kinds that are `served` in its group and version."""
        known = f"it serves {', '.join(served)}" if served else "it serves nothing of that group and version"
        super().__init__(NOT_FOUND, "KindNotServed", f"The cluster serves no {kind} in {api_version}: {known}.")
        self.api_version = api_version
        self.kind = kind


def from_response(status: int, body: Any, text: str) -> ApiError:
    """Make the error from a refused request's body, which is a `Status`, or plain text from a proxy."""
    if isinstance(body, Mapping) and body.get("kind") == "Status":
        return ApiError(
            status,
            str(body.get("reason") or "Unknown"),
            str(body.get("message") or f"The API server answered {status}."),
            body.get("details"),
        )
    return ApiError(status, "Unknown", text.strip() or f"The API server answered {status}.")
