"""The AWS Load Balancer Controller: a network load balancer for a Service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
from addons._charts import Copies, budget
from addons._cloud_controller import install_controller, region_and_account
from addons._load_balancer_statements import statements
from addons._pods import container_security, pod_security, resources, spread
from addons.load_balancer_controller_api import LoadBalancerKinds
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Balancers, CloudIdentity, Cluster, Network, NodePools

ACCOUNT = "aws-load-balancer-controller"
CLASS = "service.k8s.aws/nlb"
_USER = 65532


class LoadBalancerControllerConfig(Config):
    """What a stack file may say under `load-balancer-controller:`."""

    replicas: Copies = Field(description="copies; one is active")
    scheme: Literal["internal", "internet-facing"] = Field(
        default="internal", description="where the balancers can be reached from: the network itself, or the internet"
    )


def values(
    config: LoadBalancerControllerConfig,
    *,
    cluster: str,
    region: str,
    vpc_id: pulumi.Input[str],
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Return the chart's values: https://github.com/kubernetes-sigs/aws-load-balancer-controller/tree/v3.5.0/helm.

    Args:
        vpc_id: the one value that is not plain. The chart takes it in no other way, and would ask the nodes' metadata
            service, which pods cannot reach.
        tags: of whatever it makes in AWS, which nobody else tags.
    """
    return {
        "clusterName": cluster,
        "region": region,
        "vpcId": vpc_id,
        "defaultTags": dict(tags),
        "replicaCount": config.replicas,
        "podDisruptionBudget": budget(config.replicas),
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "aws-load-balancer-controller"}),
        "serviceAccount": {"name": ACCOUNT},
        "resources": resources("50m", "128Mi", "256Mi"),
        "podSecurityContext": pod_security(_USER),
        "securityContext": container_security(),
        # The webhook's certificate is made at the first installation; an upgrade keeps it.
        "keepTLSSecret": True,
        # A Service says itself what balances it: else one made while no copy is ready would be refused.
        "enableServiceMutatorWebhook": False,
        "loadBalancerClass": CLASS,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
    }


_SERVICE = "service.beta.kubernetes.io/aws-load-balancer"


def service_annotations(scheme: str) -> dict[str, str]:
    """Return what a Service says to get a network load balancer with the pods themselves as targets."""
    return {
        f"{_SERVICE}-scheme": scheme,
        f"{_SERVICE}-nlb-target-type": "ip",
        f"{_SERVICE}-attributes": "load_balancing.cross_zone.enabled=true",
    }


# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
TLS = {
    f"{_SERVICE}-ssl-ports": "443",
    # TLS 1.2 and 1.3: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html
    f"{_SERVICE}-ssl-negotiation-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    # Encrypted to the pods too: a gateway that gets plain HTTP would tell every page that its user came without TLS.
    f"{_SERVICE}-backend-protocol": "ssl",
    # Without it no HTTP/2 is agreed on, and gRPC needs that.
    f"{_SERVICE}-alpn-policy": "HTTP2Preferred",
}
"""What a Service says beside a certificate."""


class LoadBalancerController(Component[LoadBalancerControllerConfig]):
    """The controller that makes network load balancers for Services."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: LoadBalancerKinds,
        network: Network,
        identity: CloudIdentity,
        pools: NodePools | None,
    ) -> Balancers:
        """Install the chart with a cloud identity that changes only what carries this cluster's tag."""
        region, account_id = region_and_account(self, "makes load balancers of AWS")
        install_controller(
            "aws-load-balancer-controller",
            parent=self,
            cluster=cluster,
            identity=identity,
            account=ACCOUNT,
            grant="balancers",
            statements=statements(cluster=cluster.name, region=region, account_id=account_id),
            values=values(
                self.config,
                cluster=cluster.name,
                region=region,
                vpc_id=network.vpc_id,
                tags=self.environment.tags,
            ),
        )
        return Balancers(
            load_balancer_class=CLASS,
            annotations=service_annotations(self.config.scheme),
            reached_from={
                "internal": service_annotations("internal"),
                "internet": service_annotations("internet-facing"),
            },
            tls=TLS,
            certificate=f"{_SERVICE}-ssl-cert",
        )
