"""Examples of the rules over images."""

from __future__ import annotations

from groundwork.policy.example import Example, one
from policies.examples._parts import DEPLOYMENT

_IMAGE = "spec.template.spec.containers.0.image"
_MAIN = "Deployment ns/app: the container main has the image"
_DIGEST = "sha256:1f7d1dfe3d58e2c54899950aba907a43625a18c8b6fb3c54760c21592129a5b6"
_RELEASE = one(
    "kubernetes:helm.sh/v3:Release",
    {
        "chart": "keda",
        "repositoryOpts": {"repo": "https://kedacore.github.io/charts"},
        "values": {"image": {"repository": "ghcr.io/kedacore/keda"}},
    },
)
_NAMED = one(
    "kubernetes:core/v1:Pod",
    {
        "metadata": {"name": "app", "namespace": "ns"},
        "spec": {"containers": [{"name": "main", "image": f"ghcr.io/mlflow/app:1.2@{_DIGEST}"}]},
    },
)

EXAMPLES = [
    Example(
        "no-latest",
        DEPLOYMENT,
        _IMAGE,
        "ghcr.io/mlflow/app",
        f"{_MAIN} ghcr.io/mlflow/app, which has no version: name one",
    ),
    Example(
        "no-latest",
        DEPLOYMENT,
        _IMAGE,
        "ghcr.io/mlflow/app:latest",
        f"{_MAIN} ghcr.io/mlflow/app:latest, which is another tomorrow: name a version",
    ),
    Example(
        "images-by-digest",
        _NAMED,
        "spec.containers.0.image",
        "ghcr.io/mlflow/app:1.2",
        "Pod ns/app: the container main has the image ghcr.io/mlflow/app:1.2: add its digest",
    ),
    Example(
        "allowed-registries",
        DEPLOYMENT,
        _IMAGE,
        "mysqll:8.4",
        f"{_MAIN} mysqll:8.4, whose publisher nobody has named: add it to policies/_registries.py",
    ),
    Example(
        "no-bitnami",
        DEPLOYMENT,
        _IMAGE,
        "public.ecr.aws/eks/bitnami/redis:7",
        f"{_MAIN} public.ecr.aws/eks/bitnami/redis:7, which gets no more fixes: use its project's own",
    ),
    Example(
        "no-bitnami-charts",
        _RELEASE,
        "repositoryOpts.repo",
        "https://charts.bitnami.com/bitnami",
        "Release it: repositoryOpts.repo is https://charts.bitnami.com/bitnami, whose images get no more fixes: "
        "use another chart",
    ),
    Example(
        "no-bitnami-charts",
        _RELEASE,
        "values.image.repository",
        "bitnamilegacy/redis",
        "Release it: its values name bitnamilegacy/redis, which gets no more fixes: use its project's own",
    ),
    Example(
        "chart-images",
        _RELEASE,
        "values.image",
        {"registry": "quay.io", "repository": "somebody/redis", "tag": "7"},
        "Release it: its values name the image quay.io/somebody/redis:7, whose publisher nobody has named: add it to "
        "policies/_registries.py",
    ),
    Example(
        "chart-images",
        _RELEASE,
        "values.workers",
        [{"image": "apache/airflow:latest"}],
        "Release it: its values name the image apache/airflow:latest, which is another tomorrow: name a version",
    ),
]
