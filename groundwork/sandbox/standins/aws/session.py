"""One configured provider instance: an account, a region, default tags, and the calls made as it."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from groundwork.core.regions import partition_of
from groundwork.sandbox.standins.aws.clients import Clients, Identity, in_moto, operation_model
from groundwork.sandbox.standins.aws.settings import AwsSettings
from groundwork.sandbox.standins.aws.store import Store
from groundwork.sandbox.standins.protocol import ProviderError
from groundwork.sandbox.standins.values import UNKNOWN

_GONE = re.compile(
    r"NotFound|NoSuch|NotExist|NonExist|^404$|NotAttached|Malformed.*Id|Gateway\.NotAttached|PendingDeletion"
)
_log = logging.getLogger(__name__)


class ApiError(ProviderError):
    """The emulated API refused a call."""


class NotFoundError(ApiError):
    """What the call names does not exist."""


class CallCounts:
    """How often each operation was executed, and how often only recorded."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lock = threading.Lock()
        self.executed: Counter[str] = Counter()
        self.recorded: Counter[str] = Counter()

    def add(self, service: str, operation: str, executed: bool) -> None:
        """Count one call."""
        with self._lock:
            (self.executed if executed else self.recorded)[f"{service}:{operation}"] += 1


class Session:
    """What a provider instance may do: shared clients and store, and its own region, account and tags."""

    def __init__(
        self,
        settings: AwsSettings,
        clients: Clients,
        store: Store,
        counts: CallCounts,
        *,
        region: str,
        account: str,
        default_tags: dict[str, str],
        identity: Identity,
    ) -> None:
        """Make a session as `identity` in `region`."""
        self.settings = settings
        self.store = store
        self.region = region
        self.account = account
        self.default_tags = default_tags
        self.partition = partition_of(region)
        self._clients = clients
        self._counts = counts
        self._identity = identity

    def __eq__(self, other: object) -> bool:
        """Compare by what a caller can notice."""
        return isinstance(other, Session) and self._facts() == other._facts()

    def __hash__(self) -> int:
        """Hash by region and account."""
        return hash((self.region, self.account))

    def _facts(self) -> tuple[Any, ...]:
        return (self.settings.moto_url, self.region, self.account, self.default_tags, self._identity)

    def environment(self, values: dict[str, Any], id: str = UNKNOWN, **more: Any) -> dict[str, Any]:
        """Return what templates are filled from: `values` and the built-in names."""
        return {
            **values,
            "id": id,
            "account": self.account,
            "region": values.get("region") or self.region,
            "partition": self.partition,
            **more,
        }

    def tags(self, inputs: dict[str, Any]) -> Any:
        """Return the tags that a resource gets: the provider's own and those of its inputs."""
        own = inputs.get("tags")
        return UNKNOWN if own == UNKNOWN else {**self.default_tags, **(own or {})}

    def send(
        self, service: str, operation: str, request: dict[str, Any], region: str | None = None
    ) -> dict[str, Any] | None:
        """Make a call and return the answer; None where moto lacks the operation, so that it is only recorded.

        Raises NotFoundError where the thing does not exist, ApiError for all else that the API refuses.
        """
        executed = in_moto(service, operation)
        self._counts.add(service, operation, executed)
        if not executed:
            return None
        client = self._clients.get(service, region or self.region, self._identity)
        try:
            answer: dict[str, Any] = getattr(client, operation)(**request)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            message = error.response["Error"].get("Message", "") or str(error)
            name = operation_model(service, operation).name
            kind = NotFoundError if _GONE.search(code) else ApiError
            raise kind(f"{service} {name}: {code}: {message}") from error
        except BotoCoreError as error:
            name = operation_model(service, operation).name
            raise ApiError(f"{service} {name}: {_no_values(error)}") from error
        answer.pop("ResponseMetadata", None)
        return answer

    def ask(self, service: str, operation: str, region: str | None = None, **request: Any) -> dict[str, Any]:
        """Make a call that moto is known to have, and return the answer."""
        answer = self.send(service, operation, request, region)
        if answer is None:
            raise ApiError(f"{service} {operation}: the emulated API does not have this operation")
        return answer

    def changed(self, event: str) -> None:
        """Tell the rest of the sandbox; what fails there fails nothing here."""
        try:
            self.settings.on_change(event)
        except Exception:
            _log.exception("the listener failed on %s", event)


def _no_values(error: BotoCoreError) -> str:
    """Return the first line of an error: later lines of botocore's repeat the values of parameters."""
    return str(error).splitlines()[0]
