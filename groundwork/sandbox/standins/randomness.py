"""What each type of the random provider takes and makes."""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import random
import secrets
import string
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_BCRYPT_ALPHABET = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits
_BCRYPT_LONGEST = 72
_ADJECTIVES = ("able", "bold", "brisk", "calm", "clear", "eager", "fair", "firm", "glad", "keen", "neat", "quick")
_ADVERBS = ("boldly", "calmly", "clearly", "deeply", "fairly", "firmly", "gladly", "kindly", "mainly", "openly")
_PETS = ("badger", "bee", "crane", "falcon", "finch", "fox", "gecko", "heron", "ibex", "lynx", "otter", "robin", "wren")

Problem = tuple[str, str]


@dataclass(frozen=True)
class Made:
    """A value: the engine's id for it and its outputs; `inputs` where it was taken over by its id."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)


class RandomKind(ABC):
    """One type: its defaults, the names of its outputs and whether they are secret."""

    defaults: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    outputs: ClassVar[tuple[str, ...]] = ("result",)
    secret: ClassVar[bool] = False

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Return all that is wrong with the inputs, none by default."""
        return []

    @abstractmethod
    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Make a new value."""

    def take(self, id: str) -> Made | None:
        """Take over a value by the id that the user gives; None where the id does not tell it."""
        return None


class Text(RandomKind):
    """RandomString: characters of the chosen classes, at least so many of each."""

    defaults = MappingProxyType(
        {
            **dict.fromkeys(("lower", "upper", "numeric", "number", "special"), True),
            **dict.fromkeys(("minLower", "minUpper", "minNumeric", "minSpecial"), 0),
        }
    )

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Check the length against the least numbers of each class."""
        length = inputs.get("length")
        if not isinstance(length, int) or length < 1:
            return [("length", f"expected a number of at least 1, got {length!r}")]
        found: list[Problem] = []
        least = sum(minimum for _, minimum in _classes(inputs))
        if length < least:
            found.append(("length", f"{length} is less than the {least} characters that the minimums ask for"))
        if not _all(inputs):
            found.append(("special", "no characters are left to choose from"))
        return found

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw the minimums, then the rest from all classes, in random order."""
        text = _draw(inputs)
        return Made(text, {"result": text})

    def take(self, id: str) -> Made | None:
        """The id is the text."""
        return Made(id, {"result": id}, {"length": len(id)})


class Password(Text):
    """RandomPassword: the same, secret, with its bcrypt hash."""

    outputs = ("result", "bcryptHash")
    secret = True

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw a password; its id says nothing."""
        return self._made(_draw(inputs))

    def take(self, id: str) -> Made | None:
        """The id that the user gives is the password; the one that is kept says nothing."""
        made = self._made(id)
        return Made(made.id, made.outputs, {"length": len(id)})

    @staticmethod
    def _made(text: str) -> Made:
        hashed = bcrypt(text)
        return Made("none", {"result": text} | ({"bcryptHash": hashed} if hashed else {}))


class Id(RandomKind):
    """RandomId: bytes in several spellings, behind a prefix."""

    outputs = ("b64Std", "b64Url", "dec", "hex")

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Check the length."""
        return _at_least_one(inputs, "byteLength")

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw the bytes."""
        return _spelled(secrets.token_bytes(int(inputs["byteLength"])), str(inputs.get("prefix") or ""))

    def take(self, id: str) -> Made | None:
        """The id is the base64 of the bytes, after a prefix and a comma if there is one."""
        prefix, comma, text = id.rpartition(",")
        drawn = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        made = _spelled(drawn, prefix)
        return Made(made.id, made.outputs, {"byteLength": len(drawn)} | ({"prefix": prefix} if comma else {}))


class Bytes(RandomKind):
    """RandomBytes: secret bytes."""

    outputs = ("base64", "hex")
    secret = True

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Check the length."""
        return _at_least_one(inputs, "length")

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw the bytes."""
        drawn = secrets.token_bytes(int(inputs["length"]))
        return Made("none", {"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()})


class Uuid(RandomKind):
    """RandomUuid and RandomUuid4."""

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw a UUID of version 4."""
        text = str(uuid.uuid4())
        return Made(text, {"result": text})

    def take(self, id: str) -> Made | None:
        """The id is the UUID."""
        text = str(uuid.UUID(id))
        return Made(text, {"result": text})


class Uuid7(Uuid):
    """RandomUuid7: begins with the time."""

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw a UUID of version 7."""
        number = (
            (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
        )
        text = str(uuid.UUID(int=number))
        return Made(text, {"result": text})


class Pet(RandomKind):
    """RandomPet: words that a person can say; the id is the name."""

    defaults = MappingProxyType({"length": 2, "separator": "-"})
    outputs = ()

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Check the number of words."""
        return _at_least_one(inputs, "length")

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Choose adverbs, an adjective and an animal."""
        count = int(inputs["length"])
        words = [secrets.choice(_ADVERBS) for _ in range(count - 2)]
        words += [secrets.choice(_ADJECTIVES)] if count > 1 else []
        words.append(secrets.choice(_PETS))
        parts = [str(inputs["prefix"])] if inputs.get("prefix") else []
        return Made(str(inputs["separator"]).join([*parts, *words]), {})


class Integer(RandomKind):
    """RandomInteger: a number between `min` and `max`, both included."""

    def problems(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Check that there is a number between the two."""
        found = [
            (key, f"expected a whole number, got {inputs.get(key)!r}")
            for key in ("min", "max")
            if not _whole(inputs, key)
        ]
        if not found and inputs["max"] < inputs["min"]:
            found.append(("max", f"{inputs['max']} is less than min, {inputs['min']}"))
        return found

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Draw the number."""
        number = _generator(inputs).randint(int(inputs["min"]), int(inputs["max"]))
        return Made(str(number), {"result": number})

    def take(self, id: str) -> Made | None:
        """The id is `result,min,max`, with the seed behind it if there is one."""
        parts = id.split(",")
        if len(parts) not in (3, 4):
            return None
        inputs: dict[str, Any] = {"min": int(parts[1]), "max": int(parts[2])}
        return Made(parts[0], {"result": int(parts[0])}, inputs | ({"seed": parts[3]} if parts[3:] else {}))


class Shuffle(RandomKind):
    """RandomShuffle: the inputs in another order, repeated if more are wanted than there are."""

    outputs = ("results",)

    def make(self, inputs: Mapping[str, Any]) -> Made:
        """Shuffle round after round until there are enough."""
        items = list(inputs.get("inputs") or [])
        wanted = inputs.get("resultCount")
        count = len(items) if wanted is None else int(wanted)
        generator = _generator(inputs)
        results: list[Any] = []
        while items and len(results) < count:
            results += generator.sample(items, len(items))
        return Made("-", {"results": results[:count]})


KINDS: Mapping[str, RandomKind] = MappingProxyType(
    {
        "RandomBytes": Bytes(),
        "RandomId": Id(),
        "RandomInteger": Integer(),
        "RandomPassword": Password(),
        "RandomPet": Pet(),
        "RandomShuffle": Shuffle(),
        "RandomString": Text(),
        "RandomUuid": Uuid(),
        "RandomUuid4": Uuid(),
        "RandomUuid7": Uuid7(),
    }
)


def _classes(inputs: Mapping[str, Any]) -> list[tuple[str, int]]:
    numeric = inputs.get("numeric", True) and inputs.get("number", True)
    special = inputs.get("overrideSpecial") or SPECIAL
    return [
        (string.ascii_lowercase if inputs.get("lower", True) else "", int(inputs.get("minLower") or 0)),
        (string.ascii_uppercase if inputs.get("upper", True) else "", int(inputs.get("minUpper") or 0)),
        (string.digits if numeric else "", int(inputs.get("minNumeric") or 0)),
        (special if inputs.get("special", True) else "", int(inputs.get("minSpecial") or 0)),
    ]


def _all(inputs: Mapping[str, Any]) -> str:
    return "".join(characters for characters, _ in _classes(inputs))


def _draw(inputs: Mapping[str, Any]) -> str:
    drawn = [secrets.choice(c) for c, minimum in _classes(inputs) if c for _ in range(minimum)]
    drawn += [secrets.choice(_all(inputs)) for _ in range(int(inputs["length"]) - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _spelled(drawn: bytes, prefix: str) -> Made:
    url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    spelled = {
        "b64Std": base64.b64encode(drawn).decode(),
        "b64Url": url,
        "dec": str(int.from_bytes(drawn)),
        "hex": drawn.hex(),
    }
    return Made(url, {key: prefix + value for key, value in spelled.items()})


def _whole(inputs: Mapping[str, Any], key: str) -> bool:
    return isinstance(inputs.get(key), int) and not isinstance(inputs.get(key), bool)


def _at_least_one(inputs: Mapping[str, Any], key: str) -> list[Problem]:
    if _whole(inputs, key) and inputs[key] >= 1:
        return []
    return [(key, f"expected a number of at least 1, got {inputs.get(key)!r}")]


def _generator(inputs: Mapping[str, Any]) -> random.Random:
    seed = inputs.get("seed")
    # A seed asks for the same value each time, which is the opposite of a secret.
    return random.Random(str(seed)) if seed else secrets.SystemRandom()  # noqa: S311


_crypt_lock = threading.Lock()


def bcrypt(text: str) -> str | None:
    """Return the bcrypt hash of `text` by the system's libcrypt; None where there is none that can."""
    library = ctypes.util.find_library("crypt")
    if library is None:
        return None
    salt = "".join(secrets.choice(_BCRYPT_ALPHABET) for _ in range(21)) + secrets.choice(".Oeu")
    with _crypt_lock:  # crypt() answers in a buffer of its own
        crypt = ctypes.CDLL(library).crypt
        crypt.restype = ctypes.c_char_p
        hashed = crypt(text.encode()[:_BCRYPT_LONGEST], f"$2a$10${salt}".encode())
    return hashed.decode() if hashed and hashed.startswith(b"$2a$") else None
