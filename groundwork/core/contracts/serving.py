"""Models that answer requests."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace, ServiceAccount
from groundwork.core.contracts.login import Login
from groundwork.core.contracts.mesh import Mesh
from groundwork.core.contracts.metrics import Metrics
from groundwork.core.contracts.pools import Placement
from groundwork.core.contracts.priorities import Priorities
from groundwork.core.contracts.scaling import Scaling, Usage
from groundwork.core.contracts.serverless import Serverless
from groundwork.core.contracts.storage import Bucket


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """Where a model's files are, and how its pods read them.

    Attributes:
        uri: `s3://bucket/path`, `hf://organisation/model`, `https://…`, `pvc://claim/path` or `oci://image`.
        account: who its pods are; None for the namespace's default account.
        bucket: of the platform's own store, that the URI lies in; None for any other place.
    """

    uri: str
    account: ServiceAccount | None = None
    bucket: Bucket | None = None


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A version that a part of the requests goes to, beside the stable version.

    It has one copy; where models run by requests, as many as its share asks for.

    Attributes:
        uri: of its files, in the same place and format as the stable ones.
        percent: of the requests, 0 to 100.
    """

    uri: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class Copies:
    """How many copies of a model there are.

    Attributes:
        minimum: that are always there; with 0 the first requests after a pause bring one back, and fail, or wait where
            models run by requests.
        maximum: without the canary's.
        requests: a second that one copy is for.
        idle_seconds: without a request, after which the last copy goes where the minimum is 0.
    """

    minimum: int = 1
    maximum: int = 1
    requests: float = 5.0
    idle_seconds: int = 900


@dataclass(frozen=True, kw_only=True)
class Around:
    """What the stack has around models; each is optional.

    Attributes:
        mesh: exposes a model, weighs its versions and counts its requests.
        login: that is asked for first.
        scaling: changes the number of copies.
        usage: changes it by CPU, where no `scaling` does.
        metrics: where the requests that the mesh counts can be asked for.
        priorities: by which models go before what can wait.
        serverless: runs models by their requests, where `Serving.by_requests` says so.
    """

    mesh: Mesh | None = None
    login: Login | None = None
    scaling: Scaling | None = None
    usage: Usage | None = None
    metrics: Metrics | None = None
    priorities: Priorities | None = None
    serverless: Serverless | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model that is served: `url` inside the cluster, `public_url` where it is exposed."""

    url: str
    public_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Serving(Contract):
    """Serves models.

    Attributes:
        formats: that it has a server for.
        by_requests: whether it leaves to `Around.serverless` how many copies there are, and which version a request
            goes to; no request fails then for want of a copy, and of `Around` neither scaling nor metrics is needed.
    """

    formats: tuple[str, ...]
    by_requests: bool = False

    @abstractmethod
    def serve(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        source: ModelSource,
        format: str,
        resources: Mapping[str, Any],
        copies: Copies,
        around: Around,
        placement: Placement | None = None,
        canary: Canary | None = None,
    ) -> Model:
        """Serve a model.

        Args:
            name: of the model, as it is in the path of a request.
            format: one of `formats`.
            resources: requests and limits of one copy, without accelerators.
            placement: of an accelerator, from `Accelerators`.

        Raises:
            StackError: with everything that cannot be.
        """
