"""How a stack file speaks of a secret: by its name in a store, never by its content."""

from __future__ import annotations

from pydantic import Field

from groundwork.core.config import Config


class SecretKey(Config):
    """One value of a secret that somebody else keeps."""

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        max_length=63,
        description="of the secret in the environment's store: small letters, digits and hyphens",
    )
    key: str = Field(pattern=r"^[A-Za-z0-9._-]+$", description="which of its values")
