"""What a resource's properties look like to a rule: plain data, in which only the unknown is special."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from google.protobuf.struct_pb2 import Struct, Value

# What the engine sends for a value that only an update makes known, one text for each type of value.
UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the engine marks a secret, not a secret


class UndecidableError(Exception):
    """A rule read a value that only an update makes known.

    Attributes:
        path: where it is: "spec.template.spec.containers.0.image".
        holder: the mapping or list that has it, by which it is found whose it is; None for what several have.
    """

    def __init__(self, path: str, holder: object = None) -> None:
        super().__init__(path)
        self.path, self.holder = path, holder


class _Unknown:
    """A value that only an update makes known."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = _Unknown()


class PartlyKnown(dict[str, Any]):
    """A mapping of which some values are unknown: to read those, or ask for them, raises `UndecidableError`."""

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        super().__init__(values)
        self.path = path

    def __getitem__(self, key: str) -> Any:
        return self._known(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or `default` where there is none."""
        return self._known(key, super().get(key, default))

    def __contains__(self, key: object) -> bool:
        # What is unknown may turn out to be nothing at all.
        return super().__contains__(key) and self[str(key)] is not UNKNOWN

    def items(self) -> Any:
        """Return all pairs, none of them unknown."""
        return [(key, self._known(key, value)) for key, value in super().items()]

    def values(self) -> Any:
        """Return all values, none of them unknown."""
        return [self._known(key, value) for key, value in super().items()]

    def _known(self, key: str, value: Any) -> Any:
        return value if value is not UNKNOWN else _raise(self, key)


class PartlyKnownList(list[Any]):
    """A list of which some items are unknown: reading those raises `UndecidableError`."""

    def __init__(self, values: list[Any], path: str) -> None:
        super().__init__(values)
        self.path = path

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        return value if value is not UNKNOWN else _raise(self, str(index))

    def __iter__(self) -> Iterator[Any]:
        for index, value in enumerate(super().__iter__()):
            yield value if value is not UNKNOWN else _raise(self, str(index))

    def __contains__(self, item: object) -> bool:
        return any(value == item for value in self)


def _raise(holder: PartlyKnown | PartlyKnownList, key: str) -> NoReturn:
    raise UndecidableError(f"{holder.path}.{key}" if holder.path else key, holder)


def holds(value: Any, holder: object) -> bool:
    """Return whether a mapping or list is, or is somewhere in, a value."""
    if value is holder:
        return True
    inner = dict.values(value) if isinstance(value, dict) else list.__iter__(value) if isinstance(value, list) else ()
    return any(holds(one, holder) for one in inner)


def marked(value: Any, path: str = "") -> Any:
    """Return plain data in which the engine's texts for what is unknown are that, and no texts."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    if isinstance(value, Mapping):
        found = {key: marked(inner, f"{path}.{key}" if path else key) for key, inner in value.items()}
        return PartlyKnown(found, path) if UNKNOWN in found.values() else found
    if isinstance(value, list):
        items = [marked(inner, f"{path}.{index}") for index, inner in enumerate(value)]
        return PartlyKnownList(items, path) if UNKNOWN in items else items
    return value


def decode(properties: Struct) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a resource's properties as the engine sends them, and the texts among them that are secret."""
    secrets: list[str] = []
    return _mapping(properties, "", secrets), tuple(secrets)


def _mapping(struct: Struct, path: str, secrets: list[str]) -> dict[str, Any]:
    found = {key: _value(value, f"{path}.{key}" if path else key, secrets) for key, value in struct.fields.items()}
    return PartlyKnown(found, path) if UNKNOWN in found.values() else found


def _value(value: Value, path: str, secrets: list[str]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWNS else text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
            hidden = _value(fields["value"], path, secrets)
            secrets.extend(texts_of(hidden))
            return hidden
        return _mapping(value.struct_value, path, secrets)
    if kind == "list_value":
        found = [_value(v, f"{path}.{i}", secrets) for i, v in enumerate(value.list_value.values)]
        return PartlyKnownList(found, path) if UNKNOWN in found else found
    return None


def texts_of(value: Any) -> Iterator[str]:
    """Return every text inside a value; what is unknown has none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in dict.values(value):
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in list.__iter__(value):
            yield from texts_of(inner)
