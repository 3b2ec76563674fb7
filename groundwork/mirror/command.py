"""What `groundwork mirror` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from groundwork.core.charts import MIRROR
from groundwork.core.errors import StackError
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.fill import Result, check, chosen, fill
from groundwork.mirror.listing import Listing, list_images
from groundwork.mirror.registry import SCHEME, Registry, check_registry, publish
from groundwork.mirror.tools import Programs
from groundwork.sandbox.home import home
from groundwork.sandbox.tools.locate import REMEDY, survey


def run(
    root: Path,
    to: str | None,
    *,
    check_only: bool,
    only: Sequence[str],
    git: Sequence[str],
    archives: Path | None = None,
    tell: Callable[[str], None],
) -> tuple[Result, Listing | None]:
    """Fill a mirror and list its images, or only verify it.

    Args:
        to: a folder or a registry, `oci://host/path`; where None, the one that `GROUNDWORK_MIRROR` names, else `mirror`
            in Groundwork's own folder, where every rehearsal looks.
        only: keys of the catalogue; all where empty. Images are listed of the whole catalogue only.
        git: `URL=FOLDER` for each git repository that is to be taken from a local one.
        archives: a folder whose archives are taken before anything is fetched or built.

    Raises:
        StackError: an argument, the catalogue or a recipe is wrong.
        MirrorError: helm or kubectl is missing.
    """
    local = _local(git)
    if archives is not None and not archives.is_dir():
        raise StackError([f"--archives {archives}: there is no such folder"])
    archives = archives.resolve() if archives else None
    place = to or os.environ.get(MIRROR) or str(home() / "mirror")
    if place.startswith(SCHEME):
        registry = Registry(place.rstrip("/"), find_programs(local))
        if check_only:
            return check_registry(registry, chosen(root, only)), None
        result = fill(root, registry.folder, only, registry.programs, tell, archives)
        publish(registry, chosen(root, only), result, tell)
        return result, None
    folder = Path(place).expanduser().resolve()
    if check_only:
        return check(root, folder, only), None
    programs = find_programs(local)
    result = fill(root, folder, only, programs, tell, archives)
    if only:
        return result, None
    tell("listing the images, with the values of every environment")
    listing = list_images(root, folder, chosen(root, ()), programs)
    listing.write(folder)
    return result, listing


def find_programs(local: dict[str, Path]) -> Programs:
    """Return the programs, ours or those on PATH.

    Raises:
        MirrorError: one is missing.
    """
    found, _ = survey()
    missing = [name for name in ("helm", "kubectl") if name not in found]
    if missing:
        raise MirrorError([f"{' and '.join(missing)} of the pinned version is not in place: run {REMEDY}"])
    return Programs(found["helm"], found["kubectl"], local)


def _local(git: Sequence[str]) -> dict[str, Path]:
    local: dict[str, Path] = {}
    problems = []
    for given in git:
        address, _, folder = given.partition("=")
        path = Path(folder).expanduser().resolve()
        if not address or not folder or not path.is_dir():
            problems.append(
                f"--git {given}: write URL=FOLDER, such as https://github.com/kubeflow/manifests=../manifests"
            )
        local[address] = path
    if problems:
        raise StackError(problems)
    return local
