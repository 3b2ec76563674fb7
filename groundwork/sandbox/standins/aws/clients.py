"""Clients of the emulated API: made once for each service, region and identity, and shared by all threads."""

from __future__ import annotations

import functools
import importlib
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.model import OperationModel

_IMPORTS = threading.RLock()  # first imports of moto's modules from several threads meet half-made modules


@dataclass(frozen=True)
class Identity:
    """The credentials of a caller; moto derives the account from them."""

    access_key: str = "sandbox"
    secret_key: str = "sandbox"  # noqa: S105 - the emulated API accepts any; nothing real is opened by it
    session_token: str | None = None


class Clients:
    """A pool of clients that all talk to one emulated endpoint."""

    def __init__(self, url: str) -> None:
        """Make an empty pool for the endpoint `url`."""
        self._url = url
        self._session = botocore.session.Session()
        self._lock = threading.RLock()
        self._made: dict[tuple[str, str, Identity], Any] = {}
        self._config = Config(
            connect_timeout=5,
            max_pool_connections=64,
            proxies={},  # the endpoint is on the loopback, whatever the environment says of proxies
            retries={"max_attempts": 1, "mode": "standard"},
            s3={"addressing_style": "path"},
        )

    def get(self, service: str, region: str, identity: Identity) -> Any:
        """Return the client of `service` in `region` as `identity`."""
        wanted = (service, region, identity)
        found = self._made.get(wanted)
        if found is not None:
            return found
        with self._lock:
            if wanted not in self._made:
                self._made[wanted] = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._url,
                    aws_access_key_id=identity.access_key,
                    aws_secret_access_key=identity.secret_key,
                    aws_session_token=identity.session_token,
                    config=self._config,
                )
            return self._made[wanted]

    def warm(self, services: set[str], region: str, identity: Identity) -> None:
        """Make the clients of `services` and load moto's modules in the background."""
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="aws-warm")
        for service in sorted(services):
            pool.submit(self.get, service, region, identity)
            pool.submit(_service_model, service)
            pool.submit(_handlers, service)
        pool.shutdown(wait=False)


@functools.cache
def operation_model(service: str, method: str) -> OperationModel:
    """Return the model of an operation by its Python name, such as `create_vpc`.

    Raises KeyError where the service has none of that name.
    """
    model, methods = _service_model(service)
    found: OperationModel = model.operation_model(methods[method])
    return found


@functools.cache
def _service_model(service: str) -> tuple[Any, dict[str, str]]:
    from botocore import xform_name

    model = botocore.session.Session().get_service_model(service)
    return model, {xform_name(name): name for name in model.operation_names}


@functools.cache
def _handlers(service: str) -> tuple[type, ...]:
    with _IMPORTS:
        try:
            module = importlib.import_module(f"moto.{service}.responses")
        except ModuleNotFoundError:
            return ()
    return tuple(
        found
        for found in vars(module).values()
        if inspect.isclass(found) and found.__module__.startswith(f"moto.{service}")
    )


def in_moto(service: str, operation: str) -> bool:
    """Tell whether moto has `operation`; S3 chooses its handlers otherwise and has all that the table uses."""
    return service == "s3" or any(hasattr(handler, operation) for handler in _handlers(service))
