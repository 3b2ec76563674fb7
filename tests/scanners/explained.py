"""What scanners find, and which findings are explained, in `policies/scanners.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from groundwork.core import yamlfile
from groundwork.core.config import Config

FILE = Path(__file__).parents[2] / "policies" / "scanners.yaml"


@dataclass(frozen=True)
class Found:
    """One finding: a check, and the object that fails it, "Deployment mlflow/mlflow"."""

    check: str
    title: str
    resource: str


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
    kube_score: tuple[Explanation, ...] = Field(alias="kube-score")


def _explanations(scanner: str) -> Sequence[Explanation]:
    found: Sequence[Explanation] = getattr(_File.model_validate(yamlfile.read(FILE).data), scanner)
    return found


def unexplained(scanner: str, found: Sequence[Found]) -> list[str]:
    """Return the findings of a scanner that nothing explains, and the explanations of nothing.

    Args:
        scanner: "checkov" or "kube_score".
    """
    known = _explanations(scanner)
    left = [one for one in found if not any(said.covers(one) for said in known)]
    stale = [said for said in known if not any(said.covers(one) for one in found)]
    return [
        *sorted({f"{one.check} {one.resource}: {one.title}" for one in left}),
        *(f"an explanation of nothing: {', '.join(said.checks)}: {said.reason}" for said in stale),
    ]
