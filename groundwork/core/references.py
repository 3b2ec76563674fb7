"""How a stack file speaks of a secret: by its name in a store, never by its content."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from groundwork.core.config import Config
from groundwork.core.forms import Form


class SecretKey(Config):
    """One value of a secret that somebody else keeps."""

    name: Annotated[
        str,
        Form(
            r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "a name of small letters, digits and hyphens; 63 at most", "github"
        ),
    ] = Field(
        description="of the secret in the environment's store: small letters, digits and hyphens",
    )
    key: Annotated[str, Form(r"[A-Za-z0-9._-]+", "the name of a value", "client-secret")] = Field(
        description="which of its values"
    )
