"""Which findings of scanners are explained, in `policies/scanners.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from groundwork.core import yamlfile
from groundwork.core.config import Config
from tests.scanners.checkov import Found

FILE = Path(__file__).parents[2] / "policies" / "scanners.yaml"


class Explanation(Config):
    """Why findings of some checks on some objects stay: `resources` are patterns of labels."""

    checks: tuple[str, ...] = Field(min_length=1)
    resources: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=20)

    def covers(self, found: Found) -> bool:
        """Whether it is about this finding."""
        return found.check in self.checks and any(fnmatchcase(found.resource, pattern) for pattern in self.resources)


class _File(Config):
    checkov: tuple[Explanation, ...]


def explanations() -> Sequence[Explanation]:
    """Return those of Checkov."""
    return _File.model_validate(yamlfile.read(FILE).data).checkov
