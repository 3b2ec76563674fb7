"""The shadow of a project: links to its files and copies of its stack files, so that no tracked file is written.

`pulumi stack init` writes a salt into the stack file, and `pulumi config set` in the sandbox's shell would change it.
"""

from __future__ import annotations

import re
from pathlib import Path

from groundwork.core import yamlfile
from groundwork.core.errors import StackError

# Of no use to a program, and an editor or a version control system must not find a second checkout.
_LEFT_OUT = {".git", ".hg", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
_SALT = re.compile(r"^(encryptionsalt|secretsprovider|encryptedkey):.*\n?", re.MULTILINE)


def cast_shadow(root: Path, shadow: Path) -> None:
    """Make the folder `shadow` show what `root` holds now.

    What the engine itself added to a copied stack file (the salt of its secrets) is kept.

    Raises:
        StackError: a committed stack file holds a salt or a secrets provider of its own.
    """
    config = stack_folder(root)
    problems = [
        f"{path.relative_to(root)}: remove `{found[0].split(':')[0]}:`: committed stack files hold no secrets, "
        "so that every environment can be rehearsed without its keys"
        for path in sorted((root / config).glob("Pulumi.*.yaml"))
        if (found := _SALT.search(path.read_text(encoding="utf-8")))
    ]
    if problems:
        raise StackError(problems)
    shadow.mkdir(parents=True, exist_ok=True)
    _mirror(root, shadow, config)


def share_salt(shadow: Path, stack: str) -> None:
    """Give the stack file of `stack` in a shadow the salt of another one there, where it has none yet.

    The engine makes a key of salt and passphrase for each stack that a run reads, its own and those imported, which
    takes a quarter of a second; it remembers the keys of one salt.
    """
    folder = shadow / stack_folder(shadow)
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file() or _SALT.search(file.read_text(encoding="utf-8")):
        return
    for other in sorted(folder.glob("Pulumi.*.yaml")):
        if found := _SALT.search(other.read_text(encoding="utf-8")):
            with file.open("a", encoding="utf-8") as content:
                content.write(f"{found[0].rstrip()}\n")
            return


def stack_folder(root: Path) -> Path:
    """Return the folder of the stack files, relative to the project."""
    data = yamlfile.read(root / "Pulumi.yaml").data
    return Path(str(data.get("stackConfigDir") or ".")) if isinstance(data, dict) else Path()


def _mirror(source: Path, target: Path, config: Path) -> None:
    """Mirror `source` in `target`; the folder `config` below it is a real one, for its stack files are copies."""
    inner = config.parts[0] if config.parts else None
    wanted = {entry.name for entry in source.iterdir()} - _LEFT_OUT
    for entry in target.iterdir():
        if entry.name not in wanted and (entry.is_symlink() or entry.is_file()):
            entry.unlink()
    for name in sorted(wanted):
        if name == inner:
            (target / name).mkdir(exist_ok=True)
            _mirror(source / name, target / name, Path(*config.parts[1:]))
        elif inner is None and name.startswith("Pulumi.") and name.endswith(".yaml") and name != "Pulumi.yaml":
            _copy(source / name, target / name)
        else:
            _link(source / name, target / name)


def _copy(source: Path, target: Path) -> None:
    kept = ""
    if target.is_file() and not target.is_symlink():
        kept = "".join(match.group(0) for match in _SALT.finditer(target.read_text(encoding="utf-8")))
    target.unlink(missing_ok=True)
    text = source.read_text(encoding="utf-8")
    target.write_text(f"{text.rstrip()}\n{kept}", encoding="utf-8")


def _link(source: Path, target: Path) -> None:
    if target.is_symlink() and target.readlink() == source:
        return
    target.unlink(missing_ok=True)
    target.symlink_to(source)
