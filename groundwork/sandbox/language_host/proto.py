"""The messages of the engine's language protocol, without the rest of the SDK.

`import pulumi` takes two thirds of a second, and the host needs only these messages of it. So empty packages stand
where `pulumi` and `pulumi.runtime` would be imported; nothing else may be imported from them in this process.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _bare_package(name: str, folder: Path) -> None:
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def _bare_sdk() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the Pulumi SDK is not installed beside Groundwork", name="pulumi")
    folder = Path(spec.origin).parent
    _bare_package("pulumi", folder)
    _bare_package("pulumi.runtime", folder / "runtime")


_bare_sdk()

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
