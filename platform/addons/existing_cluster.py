"""A cluster that is there already: microk8s, k3s, a company's own."""

from __future__ import annotations

from typing import Annotated, Literal

import pulumi
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster
from groundwork.core.forms import Form, Label


class ExistingClusterConfig(Config):
    """What a stack file may say under `existing-cluster:`."""

    name: Label = Field(default="existing", description="what to call it here")
    context: str | None = Field(
        default=None, description="of the kubeconfig that KUBECONFIG names; its current context by default"
    )
    version: Annotated[str, Form(r"1\.[0-9]+", "a minor version in quotes", '"1.35"')] = Field(
        default="1.35", description="its minor version, quoted"
    )
    storage_class: str = Field(
        default="microk8s-hostpath", description="of volumes that one pod writes; the default fits microk8s"
    )
    load_balancers: Literal["none", "any"] = Field(
        default="none", description="any: a Service of type LoadBalancer gets an address here (MetalLB or the like)"
    )


class ExistingCluster(Component[ExistingClusterConfig]):
    """A cluster that this platform installs into but does not run, reached through the user's own kubeconfig."""

    single = True

    def build(self) -> Cluster:
        """Nothing is made: the cluster is the user's."""
        return Cluster(
            name=self.config.name,
            version=self.config.version,
            kubeconfig=pulumi.Output.from_input(""),
            context=self.config.context,
            storage_class=self.config.storage_class,
            load_balancers=self.config.load_balancers == "any",
        )
