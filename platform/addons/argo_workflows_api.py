"""The kinds of Argo Workflows, which Kubeflow Pipelines runs on."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class ArgoWorkflowsApiConfig(Config):
    """What a stack file may say under `argo-workflows-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class WorkflowKinds(Contract):
    """The kinds are there: Workflow, WorkflowTemplate, CronWorkflow and the others."""


class ArgoWorkflowsApi(ApiComponent[ArgoWorkflowsApiConfig]):
    """Workflow and the other kinds of Argo Workflows, whoever brings the controller."""

    def build(self, cluster: Cluster) -> WorkflowKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "argo-workflows")
        return WorkflowKinds()
