"""The page for teams: every key of a team's file, and how a team runs its work."""

from __future__ import annotations

from groundwork.core.explain import options_of
from groundwork.core.teams import Team
from groundwork.docs.pages import WRITTEN, options_table

# The examples are proved by tests/docs/test_teams_page.py, and by a real API server in tests/addons.
_TEXT = """\
# For teams

A team is one file, `stacks/teams/<team>.yaml`, in a pull request; a stack with the component
[teams](components/teams.md) makes its place: the namespace `team-<team>`. Only `name` and `members` are required:

```yaml
# yaml-language-server: $schema=../team-schema.json
name: vision
members: [ada@example.com, grace@example.com]
quota: {cpu: "32", memory: 128Gi, gpus: 2, storage: 500Gi}
buckets: [datasets, models]
sharedGi: 200
monthlyUsd: 2000
contacts:
  - {kind: slack, to: "#vision-alerts", secret: alerts}
```

## Keys

<keys>

- `quota` counts all pods of the namespace together, notebooks and training too. CPU is in cores (`"16"`) or
  thousandths (`500m`), memory and storage in `Mi`, `Gi` or `Ti`. `gpus` and `neurons` are refused where no pool of
  the cluster has any; `gpus` counts whole GPUs (`nvidia.com/gpu`), no slices. A container that says nothing gets a
  request of 100m and 256Mi, and a limit of 512Mi.
- `buckets` become `<team>-<bucket>` in the stack's object store, for which only the team's service accounts have
  rights: `team`, and with [kubeflow-profiles](components/kubeflow-profiles.md) `default-editor`.
- `sharedGi` needs [efs](components/efs.md), [fsx-lustre](components/fsx-lustre.md) or [nfs](components/nfs.md), and
  is mounted by the claim `shared`. It counts in `quota.storage`.
- `contacts` need [prometheus](components/prometheus.md). The team makes the Secret itself, once: `kubectl -n
  team-vision create secret generic alerts --from-literal=url=https://...`.
- Members have Kubernetes' role `edit` in the namespace. It is closed: its pods reach each other, names, and HTTPS on
  the internet; of the platform only what this page names.

## DAGs

DAGs of all teams are in one git repository, which the stack file names; a team has a folder in it. Airflow fetches it
every minute (`refreshSeconds`), and a run keeps the version it began with.

```yaml
airflow:
  dags: {repository: "https://git.example.com/dags", branch: main}
```

A task runs in the namespace `airflow`, as Airflow: it counts in no team's quota, and has no right to a team's
buckets. Where it runs is said by two labels of its pod, for `KubernetesExecutor` and `KubernetesPodOperator` alike;
toleration, node selector and request of the GPU follow from the pool:

```python
labels = {"groundwork.example/pool": "gpu", "groundwork.example/accelerators": "1"}
```

## Pods on GPUs

In its own namespace a team says itself what a pool asks for: the label of the pool, the taint of GPUs, and how many.
Pods keep the Pod Security Standard `restricted` (`baseline` with `kubeflow-profiles`, but where `admission-policies`
refuses, as in prod, `restricted` for those that no controller makes). A pool may have no node yet:
the pod waits until one is there.

```yaml
apiVersion: v1
kind: Pod
metadata: {name: evaluate, namespace: team-vision}
spec:
  serviceAccountName: team                      # has the rights to the team's buckets
  restartPolicy: Never
  nodeSelector: {groundwork.example/pool: gpu}
  tolerations:
    - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: evaluate
      image: registry.example/vision:1
      envFrom:
        - secretRef: {name: mlflow}             # where MLflow is, and the team's own login there
      resources:
        requests: {cpu: "2"}
        limits: {memory: 8Gi, nvidia.com/gpu: 1}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts:
        - {name: shared, mountPath: /shared}
  volumes:
    - {name: shared, persistentVolumeClaim: {claimName: shared}}
```

The Secret `mlflow` is there where the stack has [mlflow](components/mlflow.md), the claim `shared` with `sharedGi`.

## Notebooks

With [kubeflow](components/kubeflow.md), [kubeflow-dashboard](components/kubeflow-dashboard.md) and
[kubeflow-profiles](components/kubeflow-profiles.md) in the stack, members log in to the dashboard, see `team-<team>`
there, and start notebooks in it; on a GPU by the page's own choice of GPUs, within the team's quota. They run as
`default-editor`, which has the team's buckets. A notebook without work for `kubeflow.idleMinutes` (12 hours) is
stopped; its volume stays.

## Training jobs

[kubeflow-trainer](components/kubeflow-trainer.md) has a runtime `torch-distributed`, and `torch-distributed-<pool>`
for each pool with GPUs, with all GPUs of a node. A job says how many nodes, which image and which program:

```yaml
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: {name: detector, namespace: team-vision}
spec:
  runtimeRef: {name: torch-distributed-gpu}
  trainer: {numNodes: 2, image: registry.example/vision:1, command: [torchrun, train.py]}
```

Members may make, follow and delete jobs in their namespace. Searches over parameters are
[katib](components/katib.md)'s Experiments.

## Served models

A model that answers requests is an entry of the stack file, in the same pull request or a later one; it runs in the
namespace `models`, not in the team's, so that no quota of a team stops it. `path` is in the bucket `models` of the
platform, `uri` anywhere else (`hf://`, `s3://`).

```yaml
models:
  models:
    churn: {format: sklearn, path: churn/v3, min: 1, max: 4}
    chat: {format: huggingface, uri: "hf://example/small", accelerator: gpu, memory: 16Gi}
```

It needs [kserve](components/kserve.md) and [models](components/models.md) in the stack; `canary` gives a new version
a share of the requests.
"""


def teams_page() -> str:
    """Return `docs/teams.md`."""
    head, keys, rest = _TEXT.partition("<keys>")
    assert keys  # noqa: S101 - our own text
    return f"{WRITTEN}\n\n{head}{options_table(options_of(Team))}{rest}"
