"""The kinds in which Dex keeps what it knows, and applications by them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions

# What Dex appends to an id before it encodes it: the 64 bits of FNV-1 for nothing.
# https://github.com/dexidp/dex/blob/v2.45.1/storage/kubernetes/client.go
_NOTHING = bytes.fromhex("cbf29ce484222325")


class DexApiConfig(Config):
    """What a stack file may say under `dex-api:`."""


@dataclass(frozen=True, kw_only=True)
class DexKinds(Contract):
    """The kinds are there: OAuth2Client and what else Dex keeps."""


class OAuth2Client(pulumi.CustomResource):
    """An application, as Dex itself keeps it: what is written in Dex' configuration, each must know beforehand."""

    def __init__(
        self,
        name: str,
        *,
        client_id: str,
        secret: pulumi.Input[str],
        redirect_urls: Sequence[str],
        namespace: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        properties = {
            "apiVersion": "dex.coreos.com/v1",
            "kind": "OAuth2Client",
            "metadata": {"name": object_name(client_id), "namespace": namespace},
            "id": client_id,
            "name": client_id,
            "secret": pulumi.Output.secret(secret),
            "redirectURIs": list(redirect_urls),
            "public": False,
        }
        super().__init__("kubernetes:dex.coreos.com/v1:OAuth2Client", name, properties, opts)


def object_name(client_id: str) -> str:
    """Return the name under which Dex looks an application up."""
    return base64.b32encode(client_id.encode() + _NOTHING).decode().lower().rstrip("=")


class DexApi(ApiComponent[DexApiConfig]):
    """OAuth2Client, AuthRequest, RefreshToken and the other kinds of Dex."""

    def build(self, cluster: Cluster) -> DexKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "dex")
        return DexKinds()
