"""How a chart is made of a kustomization that upstream ships without one: `platform/kustomize/<chart>.yaml`.

A recipe is the whole difference between what upstream has at a pinned commit and the chart: what is left out, and which
fields come from values. So what is installed can be read, and built again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from groundwork.core import yamlfile
from groundwork.core.config import Config, sentences
from groundwork.core.errors import StackError

FOLDER = Path("platform") / "kustomize"


class Edit(Config):
    """One field of the rendered objects that the chart's values decide.

    Attributes:
        object: `Kind/name`, with `*` for a hash in the name; it has to match exactly one object.
        at: the way to the field: keys, and in a list of things with names the name of one.
        to: what stands there instead; a text that is nothing but `{{ … }}` is an expression of Helm's templates.
        when: an expression of Helm's templates: the field, or the item of a list, is there only where it holds.
        remove: the field, or the item, is not there at all.
    """

    object: str
    at: tuple[str, ...] = Field(min_length=1)
    to: Any = None
    when: str | None = None
    remove: bool = False


class Recipe(Config):
    """One chart's recipe.

    Attributes:
        repository: the git repository, as `git clone` takes it.
        ref: the tag.
        commit: what the tag was when the recipe was written; a tag that moved is refused.
        folders: kustomizations in it, whose objects make up the chart.
        namespace: what the kustomization calls the namespace, which is the release's here.
        leave_out: objects `Kind/name`, with `*`; CRDs are always left out. Each has to match.
        gather: aggregated ClusterRoles that only roles of this chart add to: they have those rules as their own. A
            cluster's controller that gathers them writes a role anew that was deleted a moment before: it would be left
            behind, and Helm would wait for its end.
        values: the chart's defaults, beside `workloads`, which has every Deployment and StatefulSet by name.
    """

    repository: str
    ref: str
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    folders: tuple[str, ...] = Field(min_length=1)
    namespace: str
    leave_out: tuple[str, ...] = ()
    gather: tuple[str, ...] = ()
    values: dict[str, Any] = Field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


def recipe_file(root: Path, chart: str) -> Path:
    """Return where the recipe of a chart is, made or not."""
    return root / FOLDER / f"{chart}.yaml"


def read_recipe(file: Path) -> Recipe:
    """Read a recipe.

    Raises:
        StackError: with everything that is wrong in it.
    """
    document = yamlfile.read(file)
    try:
        return Recipe.model_validate(document.data or {})
    except ValidationError as error:
        raise StackError(sentences(error, file.name, Recipe)) from None
