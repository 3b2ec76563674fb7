"""One strict reader of YAML for everything that a user writes.

The engine reads YAML 1.2, Python's libraries YAML 1.1: they disagree about `yes`, `010`, `1:30`, dates and merge
keys. What they would read differently is an error here, so that the file means one thing to everybody.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from groundwork.core.errors import StackError

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.([0-9]*[1-9]|0)")
_AMBIGUOUS_WORD = re.compile(r"(?i)(y|yes|n|no|on|off)|True|TRUE|False|FALSE|Null|NULL")
_AMBIGUOUS_NUMBER = re.compile(
    r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+|[-+]?\.(inf|nan|[0-9]+)|[0-9]+(:[0-5]?[0-9])+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
)
_INDENTATION = "the indentation is not that of the lines above: keys of one map begin in one column"
# What PyYAML says to those who know its grammar.
_PLAIN = {
    "expected <block end>, but found '<block mapping start>'": _INDENTATION,
    "expected <block end>, but found '<block sequence start>'": _INDENTATION,
    "found character '\\t' that cannot start any token": "a tab: indent with spaces",
    "mapping values are not allowed here": "a colon where none can be: one is missing in a line above, or quotes are",
    "could not find expected ':'": "a key without its colon",
    "but found another document": "`---`: a file has one document",
}
# What PyYAML itself resolves a plain scalar to; any other tag was written by somebody.
_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "value"}


@dataclass
class Document:
    """A file's content, and the line of each part for error messages."""

    path: Path
    data: Any
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def at(self, *path: str | int) -> str:
        """Return `file:line` of a part, or of its nearest parent that has a line."""
        line = self.line(*path)
        return f"{self.path.name}:{line}" if line else self.path.name

    def line(self, *path: str | int) -> int:
        """Return the line of a part, or of its nearest parent that has one; 0 where none has."""
        known = (self.lines[path[:length]] for length in range(len(path), -1, -1) if path[:length] in self.lines)
        return next(known, 0)


def read(path: Path) -> Document:
    """Read one YAML document.

    Raises:
        StackError: where it is not YAML, is ambiguous, or says a key twice; all places at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = _compose(text)
    except OSError as error:
        raise StackError([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise StackError([f"{path.name}: not UTF-8 text"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        problem = str(getattr(error, "problem", None) or error)
        raise StackError([f"{where}: not YAML: {_PLAIN.get(problem, problem)}"]) from None
    document = Document(path, None)
    problems: list[str] = []
    if root is not None:
        document.data = _value(root, (), document, problems)
    if problems:
        raise StackError(problems)
    return document


def _compose(text: str) -> yaml.Node | None:
    """Return the root of a document, read by libyaml, ten times as fast as Python's own parser, where that is there."""
    if yaml.__with_libyaml__:
        # What is wrong is told by the other parser: one message, whichever is there.
        with contextlib.suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _value(
    node: yaml.Node,
    at: tuple[str | int, ...],
    document: Document,
    problems: list[str],
    within: tuple[yaml.Node, ...] = (),
) -> Any:
    if any(node is outer for outer in within):
        problems.append(f"{document.path.name}:{node.start_mark.line + 1}: an alias is within what it stands for")
        return None
    within = (*within, node)
    document.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, at, document, problems, within))
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*at, i), document, problems, within) for i, child in enumerate(node.value)]
    return _scalar(node, document, problems)


def _pairs(
    node: yaml.MappingNode,
    at: tuple[str | int, ...],
    document: Document,
    problems: list[str],
    within: tuple[yaml.Node, ...],
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = key_node.value
        where = f"{document.path.name}:{key_node.start_mark.line + 1}"
        if not isinstance(key, str) or key == "<<":
            problems.append(f"{where}: merge keys and keys that are not text are not supported: write it out")
            continue
        if key in seen:
            problems.append(f"{where}: key {key!r} is there twice")
        seen.add(key)
        document.lines[(*at, key)] = key_node.start_mark.line + 1
        yield key, _value(value_node, (*at, key), document, problems, within)


def _scalar(node: yaml.Node, document: Document, problems: list[str]) -> Any:
    text: str = node.value
    where = f"{document.path.name}:{node.start_mark.line + 1}"
    if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
        problems.append(f"{where}: the tag {node.tag} is not supported")
        return None
    if isinstance(node, yaml.ScalarNode) and node.style:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _AMBIGUOUS_WORD.fullmatch(text):
        problems.append(
            f"{where}: {text} means different things to different readers: write true, false or null, or quote it"
        )
    elif _AMBIGUOUS_NUMBER.fullmatch(text):
        problems.append(f'{where}: {text} means different things to different readers: quote it: "{text}"')
    return text
