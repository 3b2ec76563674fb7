"""Writing the documents, and what they would be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from groundwork.core.catalogue import load_catalogue
from groundwork.core.explain import explain_all
from groundwork.core.project import load_project
from groundwork.core.registry import Registry
from groundwork.docs.gather import Seen, gather
from groundwork.docs.pages import component_page, index_page, support_page
from groundwork.docs.policies import policies_page
from groundwork.docs.teams import teams_page

COMPONENTS = Path("docs") / "components"
SUPPORT = Path("docs") / "support.md"
POLICIES = Path("docs") / "policies.md"
TEAMS = Path("docs") / "teams.md"


def documents(root: Path, registry: Registry, seen: Mapping[str, Seen]) -> dict[Path, str]:
    """Return file below the project's root -> content, from what was gathered of each component.

    Raises:
        StackError: the catalogue is wrong.
    """
    catalogue = load_catalogue(root)
    pages = {COMPONENTS / f"{name}.md": component_page(name, registry, seen[name], catalogue) for name in registry}
    pages[COMPONENTS / "README.md"] = index_page(explain_all(registry))
    pages[SUPPORT] = support_page(catalogue)
    pages[POLICIES] = policies_page(root)
    pages[TEAMS] = teams_page()
    return pages


def write(root: Path, registry: Registry) -> list[Path]:
    """Write all documents, remove those of components that are gone, and return what changed.

    Raises:
        StackError: a stack or the catalogue is wrong.
    """
    wanted = documents(root, registry, gather(load_project(root), registry))
    changed = [file for file in present(root) if file not in wanted]
    for file in changed:
        (root / file).unlink()
    for file, text in wanted.items():
        place = root / file
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_file() or place.read_text(encoding="utf-8") != text:
            place.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


def present(root: Path) -> list[Path]:
    """Return the documents of components that are there."""
    return sorted(file.relative_to(root) for file in (root / COMPONENTS).glob("*.md"))
