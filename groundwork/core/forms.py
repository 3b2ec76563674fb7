"""Texts of a certain form, with messages that say which, and show one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Form:
    """Marks a text of a certain form: `Annotated[str, Form(r"vpc-[0-9a-f]{8}", "the id of a VPC", "vpc-0a1b2c3d")]`.

    A pattern of pydantic's own says no more than the regular expression when it refuses.

    Attributes:
        pattern: what the whole text has to match; it stands in the schema of editors too.
        what: what such a text is, with its article.
        example: one, empty where `what` says it all.
    """

    pattern: str
    what: str
    example: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the text after its type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors the pattern."""
        found = handler(schema)
        found["pattern"] = f"^{self.pattern}$"
        return found

    def check(self, value: str) -> str:
        """Return the text (raises ValueError where it has another form)."""
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.what}" + (f", such as {self.example}" if self.example else ""))
        return value


Email = Annotated[str, Form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address", "ops@example.com")]
Https = Annotated[str, Form(r"https://\S+", "a URL that begins with https://", "https://example.com/path")]
Host = Annotated[str, Form(r"[a-z0-9.-]+", "the name of a host in lower case", "mail.example.com")]
# A DNS label, and a DNS subdomain: what Kubernetes takes for most names, and for the rest (RFC 1123).
Label = Annotated[
    str,
    Form(
        r"[a-z]([a-z0-9-]*[a-z0-9])?", "a name of lower case letters, digits and hyphens, a letter first", "platform-2"
    ),
]
ObjectName = Annotated[
    str,
    Form(
        r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
        "a name of an object in Kubernetes: lower case letters, digits, hyphens and dots",
        "git-credentials",
    ),
]
