"""Run a stack's program against strict mocks and record what it registers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import SETTINGS, get_root_resource, set_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from groundwork.core import definitions
from groundwork.core.charts import SANDBOX
from groundwork.core.compose import Composition, compose, sound_part
from groundwork.core.errors import StackError
from groundwork.core.program import build
from groundwork.core.project import Project
from groundwork.core.registry import Registry, discover
from groundwork.core.stacks import StackFile, read_stack
from groundwork.core.yamlfile import Document
from groundwork.testing.graph import Graph, Registered

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "111122223333", "eu-west-1"

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]

_READ = definitions.read


def stack_of(
    components: Mapping[str, Any],
    *,
    environment: str = "dev",
    name: str = "test",
    imports: tuple[str, ...] = (),
    boundary: str | None = None,
) -> StackFile:
    """Return a stack as if it stood in a file."""
    config = {
        "aws:region": REGION,
        "aws:allowedAccountIds": [ACCOUNT],
        "groundwork:environment": environment,
        "groundwork:components": dict(components),
        "groundwork:imports": list(imports),
        **({"groundwork:permissionsBoundary": boundary} if boundary else {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"Pulumi.{name}.yaml"
        path.write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
        return read_stack(path)


def _never_up(_: Mapping[str, Any]) -> dict[str, Any]:
    return {"outputs": {}}


class _Answers(Mocks):
    """Fails for a call that nobody answers, where the SDK's own mocks would return nothing."""

    def __init__(self, calls: Mapping[str, Answer], computed: Mapping[str, Answer]) -> None:
        self.calls = calls
        self.computed = computed

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Return an id, and the inputs with what the provider would compute."""
        extra = self.computed.get(args.typ)
        return f"{args.name}-id", {**args.inputs, **_computed(args), **(extra(args.inputs) if extra else {})}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Return the answer to a function call."""
        if args.token not in self.calls:
            raise ValueError(f"the program calls {args.token}, which this test does not answer")
        return self.calls[args.token](args.args), []


class _Monitor(MockMonitor):
    """Keeps what the SDK's mocks do not show: parents, dependencies, protection; refuses a name that is there twice."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.graph = Graph()
        self.lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name is the protocol's
        """Record one registration."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK gives no types here
        if request.type == "pulumi:pulumi:Stack":
            return response
        with self.lock:
            if any(r.urn == response.urn for r in self.graph):
                raise ValueError(f"two resources are called {request.name!r} ({request.type})")
            self.graph.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object),
                    custom=request.custom,
                    urn=response.urn,
                    parent=request.parent,
                    depends_on=tuple(request.dependencies),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    deleted_with=request.deletedWith,
                    provider=request.provider,
                    aliases=(*request.aliasURNs, *(self._alias(request, alias) for alias in request.aliases)),
                    hooks=tuple(request.hooks.before_update),
                    references={key: tuple(sorted(found.urns)) for key, found in request.propertyDependencies.items()},
                )
            )
        return response

    def _alias(self, request: Any, alias: Any) -> str:
        """Return the URN that an alias means: what it leaves out is as it is now."""
        if alias.urn:
            return str(alias.urn)
        spec = alias.spec
        parent = "" if spec.noParent else spec.parentUrn or request.parent
        return str(self.make_urn(parent, spec.type or request.type, spec.name or request.name))


class _Hooks:
    """Keeps the hooks of the program, where the SDK would serve them to the engine."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        """Keep one by its name."""
        self.graph.hooks[hook.name] = hook


def _proof(name: str) -> dict[str, str]:
    """Return what ACM wants to see in a domain: the same for all names below it."""
    return {
        "domainName": name,
        "resourceRecordName": f"_proof.{name.removeprefix('*.')}",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": "_shown.acm-validations.aws",
    }


def _computed(args: MockResourceArgs) -> dict[str, Any]:
    """Return plausible values for what every resource of a kind computes, so that no Output is empty."""
    if args.typ.startswith("aws:"):
        service = args.typ.split(":")[1].split("/")[0]
        computed: dict[str, Any] = {"arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{args.name}"}
        if args.typ == "aws:eks/cluster:Cluster":
            network = {**args.inputs.get("vpcConfig", {}), "clusterSecurityGroupId": "sg-cluster"}
            computed |= {"endpoint": "https://cluster.example", "certificateAuthority": {"data": "Q0E="}}
            computed["vpcConfig"] = network
            computed["identities"] = [{"oidcs": [{"issuer": f"https://oidc.eks.{REGION}.amazonaws.com/id/0A1B"}]}]
        if args.typ == "aws:eks/nodeGroup:NodeGroup":
            computed["resources"] = [{"autoscalingGroups": [{"name": f"eks-{args.name}-0a1b"}]}]
        if args.typ == "aws:ec2/launchTemplate:LaunchTemplate":
            computed["latestVersion"] = 1
        if args.typ == "aws:elasticache/replicationGroup:ReplicationGroup":
            computed["primaryEndpointAddress"] = "broker.example"
        if args.typ == "aws:route53/zone:Zone":
            computed |= {"zoneId": f"Z{args.inputs['name'].upper().replace('.', '')}", "nameServers": ["ns-1.example"]}
        if args.typ == "aws:route53/record:Record":
            computed["fqdn"] = args.inputs["name"]
        if args.typ == "aws:acm/certificate:Certificate":
            computed["domainValidationOptions"] = [_proof(name) for name in args.inputs["subjectAlternativeNames"]]
        if args.typ == "aws:kms/key:Key":
            computed["keyId"] = f"{args.name}-id"
        if args.typ == "aws:rds/instance:Instance":
            computed["address"] = "database.example"
            kept = {"secretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-1"}
            computed["masterUserSecrets"] = [kept] if args.inputs.get("manageMasterUserPassword") else []
        return computed
    if args.typ.startswith("random:"):
        return {"result": f"random-{args.name}", "bcryptHash": f"hash-of-random-{args.name}"}
    return {}


def record(
    components: Mapping[str, Any] | StackFile,
    *,
    environment: str = "dev",
    registry: Registry | None = None,
    calls: Mapping[str, Answer] | None = None,
    computed: Mapping[str, Answer] | None = None,
    root: Path = ROOT,
) -> Graph:
    """Build a stack against mocks; the schemas of CRDs are left out of what is recorded.

    Args:
        components: as under `groundwork:components`, or a whole stack file.
        calls: token of a function (`aws:index/getRegion:getRegion`) -> its answer.
        computed: token of a resource type -> outputs that its provider would compute from the inputs.

    Raises:
        StackError: as composing does.
        ValueError: for a name that is there twice, or a call without an answer.
    """
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"
    stack = components if isinstance(components, StackFile) else stack_of(components, environment=environment)
    project = Project("groundwork", root)
    composition = compose(project, stack, registry or discover())
    if not isinstance(components, StackFile):
        # The lines of a file that nobody wrote mean nothing in what components refuse.
        composition = replace(composition, stack=replace(stack, document=Document(stack.path, None)))
    return _recorded(composition, project, calls or {}, computed or {})


def refusals(stack: StackFile, *, root: Path = ROOT) -> tuple[str, ...]:
    """Return what the sound components of a stack refuse when they are built, though something else is wrong with it.

    Args:
        stack: one that imports none.
        root: of its project.
    """
    try:
        _recorded(sound_part(stack, discover()), Project("groundwork", root), {}, {}, whole=False)
    except StackError as error:
        return tuple(error.problems)
    return ()


def _recorded(
    composition: Composition,
    project: Project,
    calls: Mapping[str, Answer],
    computed: Mapping[str, Answer],
    *,
    whole: bool = True,
) -> Graph:
    answers = _Answers({"pulumi:pulumi:readStackOutputs": _never_up, **calls}, computed)
    monitor = _Monitor(answers)
    # The SDK keeps its settings in the process, and wants an event loop of its own for each program.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Each program has a root of its own, or it would export what earlier ones did.
    set_root_resource(None)  # type: ignore[arg-type]  # the SDK begins with None itself
    # An Output that a test made outside any program never ends, and the SDK would wait for it.
    SETTINGS.outputs.clear()
    set_mocks(answers, project=project.name, stack=composition.stack.name, preview=False, monitor=monitor)
    SETTINGS.callbacks = _Hooks(monitor.graph)
    try:
        # Nothing is dialled here either: a chart that upstream does not ship is looked up by nobody.
        with (
            patch.dict(os.environ, {SANDBOX: "recorded"}),
            patch.object(definitions, "read", _without_schemas),
            _collecting_nothing(),
        ):
            loop.run_until_complete(run_pulumi_func(lambda: build(composition, project, whole=whole)))
        monitor.graph.outputs = loop.run_until_complete(_outputs())
    finally:
        SETTINGS.callbacks = None
        loop.close()
        # An Output made later in the same thread, by a test, needs an open one.
        asyncio.set_event_loop(asyncio.new_event_loop())
    # Registrations arrive in no particular order: a test must not depend on it.
    monitor.graph.resources.sort(key=lambda resource: resource.urn)
    return monitor.graph


@contextlib.contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Collect no garbage: a program makes tasks by the thousand, and looking through them takes half of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@cache
def _without_schemas(path: Path) -> dict[str, dict[str, Any]]:
    """Return CRDs without their schemas, which are most of all that a program registers and mean nothing to a mock."""
    crds = _READ(path)
    for crd in crds.values():
        for version in crd["spec"]["versions"]:
            version.pop("schema", None)
    return crds


async def _outputs() -> dict[str, Any]:
    """Return what the program exported, secrets marked as the engine would print them."""
    root = get_root_resource()
    values: dict[str, Any] = {}
    for name, value in (root.outputs if isinstance(root, Stack) else {}).items():
        output = pulumi.Output.from_input(value)
        values[name] = "[secret]" if await output.is_secret() else await output.future()
    return values
