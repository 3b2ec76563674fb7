"""Whose images may run: the one place where a publisher is added.

Each is a pattern (RE2) from the beginning of an image's name. Docker Hub's names may leave "docker.io" out; there each
publisher is named, since anybody may be one. The other registries are of one project or of one publisher each, except
ghcr.io and quay.io, where the publisher is named again.
"""

from __future__ import annotations

_DOCKER_HUB = (
    "apache",
    "chrislusf",
    "grafana",
    "kserve",
    "nginxinc",
    "prom",
    "pytorch",
    "rclone",
    "seldonio",
    "valkey",
)
# Docker's own, whose names are one word, and which are reviewed by Docker.
_OFFICIAL = ("busybox", "memcached", "mysql", "postgres", "redis")
_PUBLISHERS = {
    "ghcr.io": (
        "astral-sh",
        "cloudnative-pg",
        "dexidp",
        "external-secrets",
        "jkroepke",
        "kedacore",
        "kubeflow",
        "kserve",
        "mlflow",
        "prometheus-operator",
    ),
    "quay.io": (
        "argoproj",
        "brancz",
        "jetstack",
        "kiwigrid",
        "minio",
        "oauth2-proxy",
        "prometheus",
        "prometheus-operator",
    ),
    "public.ecr.aws": ("aws-cli", "eks", "karpenter", "neuron", "eks-distro", "docker/library"),
    "gcr.io": ("tfx-oss-public", "knative-releases"),
}
_REGISTRIES = ("registry.k8s.io", "registry.istio.io", "nvcr.io/nvidia", "cr.fluentbit.io/fluent")


def _quoted(names: tuple[str, ...]) -> str:
    return "|".join(name.replace(".", "[.]") for name in names)


ALLOWED = (
    f"^(docker[.]io/)?({_quoted(_DOCKER_HUB)})/",
    f"^(docker[.]io/)?(library/)?({_quoted(_OFFICIAL)})[:@]",
    f"^({_quoted(_REGISTRIES)})/",
    *(f"^{_quoted((registry,))}/({_quoted(names)})/" for registry, names in _PUBLISHERS.items()),
    # The company's own, and those that AWS keeps for EKS in each region: who may pull from one is said by IAM.
    r"^[0-9]{12}[.]dkr[.]ecr[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?/",
)
