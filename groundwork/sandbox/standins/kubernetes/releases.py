"""The resource Release: one chart, installed by the real Helm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.controlplane.client import KubeClient, KubeError
from groundwork.sandbox.rendered import ChartObjects, Moment, Rendered
from groundwork.sandbox.standins.journal import Journal, fingerprint
from groundwork.sandbox.standins.kubernetes.charts import Chart, Charts
from groundwork.sandbox.standins.kubernetes.definitions import Definitions
from groundwork.sandbox.standins.kubernetes.diffing import Difference, differences
from groundwork.sandbox.standins.kubernetes.helm import Helm, HelmError, documents
from groundwork.sandbox.standins.kubernetes.mending import Mender
from groundwork.sandbox.standins.kubernetes.metadata import ObjectId
from groundwork.sandbox.standins.kubernetes.releaseinputs import (
    DEFAULT_TIMEOUT,
    checked_release,
    flags,
    redacted,
    resource_names,
)
from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings, Options
from groundwork.sandbox.standins.kubernetes.values import get_path, mark_secrets
from groundwork.sandbox.standins.kubernetes.waiting import Waiter
from groundwork.sandbox.standins.ledger import Ledger
from groundwork.sandbox.standins.protocol import (
    UNKNOWN,
    ProviderError,
    abort_half_made,
    has_unknown,
    reveal,
    secret_paths,
    to_struct,
)

_GOOD = ("deployed", UNKNOWN, None)
_SLACK_SECONDS = 60.0


class Releases:
    """All Releases on one cluster."""

    def __init__(self, settings: KubernetesSettings, client: KubeClient, journal: Journal, ledger: Ledger) -> None:
        """Install with the Helm of `settings`."""
        self._settings = settings
        self._client = client
        self._journal = journal
        self._ledger = ledger
        self._definitions = Definitions(client)
        self._charts = Charts(settings, self._definitions)
        self.helm = Helm(settings.helm, settings.endpoint, settings.state_dir / "helm")
        self.mender = Mender(self.helm, settings.default_timeout)
        self._rendered = Rendered(settings.state_dir / "rendered")

    def check(
        self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any], options: Options, proposed: str | None
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return the inputs with name, namespace, timeout and the exact version, and all problems."""
        try:
            inputs, problems = checked_release(urn, news, olds, options, proposed)
        except ProviderError as error:
            return dict(news), [("valueYamlFiles", str(error))]
        chart, version = inputs.get("chart"), inputs.get("version")
        if not isinstance(chart, str):
            problems.append(("chart", "a Release needs the name of a chart"))
        elif UNKNOWN not in (chart, version):
            try:
                inputs["version"] = self._charts.locate(chart, str(version) if version else None).version
            except ProviderError as error:
                problems.append(("chart", str(error)))
        return inputs, problems

    def is_exchanged(self, urn: str, inputs: Mapping[str, Any]) -> bool:
        """Whether a double is installed of a chart that came into a mirror since, or a chart that went from it."""
        entry = self._ledger.get(urn)
        if entry is None or entry.mark not in ("double", "executed"):
            return False
        held = self._charts.is_held(str(inputs.get("chart")), inputs.get("version"))
        return held == (entry.mark == "double")

    def diff(
        self, urn: str, old: Mapping[str, Any], new: Mapping[str, Any], ignore: Sequence[str], state: Mapping[str, Any]
    ) -> provider_pb2.DiffResponse:
        """Compare the inputs; what is not deployed is brought up again, and one of another chart is replaced."""
        found = differences(old, new, ("name", "namespace"), ignore)
        exchanged = self.is_exchanged(urn, new)
        if exchanged:
            found = [*(each for each in found if each.path != ("chart",)), Difference(("chart",), "update", True)]
        if get_path(state, "status", "status") not in _GOOD:
            found.append(Difference(("status", "status"), "update", False))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=[difference.name for difference in found if difference.replace],
            diffs=sorted({str(difference.path[0]) for difference in found}),
            detailedDiff={difference.name: difference.to_proto() for difference in found},
            hasDetailedDiff=bool(found),
            # Both have one name, and a double's objects may be such as no upgrade can turn into the chart's.
            deleteBeforeReplace=exchanged,
        )

    def create(
        self, request: provider_pb2.CreateRequest, news: dict[str, Any], context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Install the chart; in a preview only render it."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(self._preview(request.urn, news)))
        inputs = reveal(news)
        id = ObjectId(inputs["namespace"], inputs["name"])
        chart = self._chart(inputs)
        with self._journal.create(request.urn) as attempt:
            mine = attempt.earlier is not None and attempt.earlier.id == str(id)
            same = mine and attempt.earlier is not None and attempt.earlier.fingerprint == fingerprint(inputs)
            if attempt.earlier is not None and not mine:
                earlier = ObjectId.parse(attempt.earlier.id)
                with self.mender.turn(earlier):
                    self.mender.remove(earlier)
                attempt.gone()
            if not mine and self._status(id) is not None and not inputs.get("replace"):
                raise ProviderError("cannot re-use a name that is still in use: " + _in_use(id))
            attempt.made(str(id), inputs)
            with self.mender.turn(id):
                live = self._bring_up(request.urn, news, chart, request.timeout, context, finished=same)
        properties = self._properties(news, id, live)
        return provider_pb2.CreateResponse(id=str(id), properties=to_struct(properties))

    def update(
        self, request: provider_pb2.UpdateRequest, news: dict[str, Any], context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Upgrade the release; in a preview only render the chart."""
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct(self._preview(request.urn, news)))
        inputs = reveal(news)
        id, chart = ObjectId(inputs["namespace"], inputs["name"]), self._chart(inputs)
        with self.mender.turn(id):
            live = self._bring_up(request.urn, news, chart, request.timeout, context, finished=False)
        properties = self._properties(news, id, live)
        return provider_pb2.UpdateResponse(properties=to_struct(properties))

    def delete(self, urn: str, id: str, inputs: Mapping[str, Any], timeout: float) -> None:
        """Uninstall the release with its hooks, and wait until its objects are gone."""
        name = ObjectId.parse(id)
        wait = bool(inputs.get("atomic")) or not inputs.get("skipAwait")
        seconds = self._seconds(inputs, timeout)
        try:
            with self.mender.turn(name):
                self.helm.uninstall(name.name, name.namespace or "default", wait=wait, seconds=seconds)
        except HelmError as error:
            raise ProviderError(f"Helm release {id!r} could not be uninstalled: {error}") from None
        self._rendered.remove(urn)

    def read(self, request: provider_pb2.ReadRequest, inputs: dict[str, Any]) -> provider_pb2.ReadResponse:
        """Return the release as it is deployed; drift shows in the inputs `values` and `version`."""
        id = ObjectId.parse(request.id)
        live = self._status(id)
        if live is None:
            self._ledger.remove(request.urn)
            return provider_pb2.ReadResponse()
        about = self._about(id)
        plain = reveal(inputs)
        if not plain:
            plain = {
                "name": id.name,
                "namespace": id.namespace,
                "chart": about.get("name"),
                "timeout": DEFAULT_TIMEOUT,
            }
        config = live.get("config") or {}
        if _without_nulls(config) != _without_nulls(plain.get("values") or {}):
            plain["values"] = config
        plain["version"] = about.get("version")
        kept = mark_secrets({key: value for key, value in plain.items() if value}, inputs)
        properties = self._properties(kept, id)
        return provider_pb2.ReadResponse(id=request.id, properties=to_struct(properties), inputs=to_struct(kept))

    def _chart(self, inputs: Mapping[str, Any]) -> Chart:
        return self._charts.locate(str(inputs["chart"]), str(inputs["version"]) if inputs.get("version") else None)

    def _about(self, id: ObjectId) -> dict[str, Any]:
        """Return the metadata of the release's chart, by its names in a Chart.yaml."""
        found = self.helm.chart_of(id.name, id.namespace or "default")
        return {"name": found.get("chart"), "version": found.get("version"), "appVersion": found.get("appVersion")}

    def _seconds(self, inputs: Mapping[str, Any], requested: float) -> float:
        wanted = requested or float(inputs.get("timeout") or DEFAULT_TIMEOUT)
        default = self._settings.default_timeout if wanted == DEFAULT_TIMEOUT else wanted
        return min(default, self._settings.longest_timeout)

    def _status(self, id: ObjectId) -> dict[str, Any] | None:
        try:
            return self.helm.status(id.name, id.namespace or "default")
        except HelmError as error:
            raise ProviderError(f"Helm release {str(id)!r}: {error}") from None

    def _preview(self, urn: str, news: Mapping[str, Any]) -> dict[str, Any]:
        """Render the chart, so that a value that it refuses fails the preview, not the update."""
        inputs = reveal(news)
        if not has_unknown(inputs):
            chart = self._chart(inputs)
            extra = ["--kube-version", str(self._client.raw("GET", "/version")["gitVersion"])]
            extra += [part for served in self._definitions.api_versions() for part in ("--api-versions", served)]
            extra += ["--skip-crds"] if inputs.get("skipCrds") else ["--include-crds"]
            try:
                objects = self.helm.template(
                    inputs["name"], inputs["namespace"], chart.path, inputs.get("values") or {}, extra
                )
            except HelmError as error:
                message = redacted(str(error), news)
                raise ProviderError(f"chart {chart.name} {chart.version} does not render: {message}") from None
            self._keep(urn, news, chart, objects, "planned")
            self._ledger.mark(urn, "double" if chart.mark == "double" else "rendered", chart.note)
        return {**news, "status": UNKNOWN, "resourceNames": UNKNOWN}

    def _bring_up(
        self,
        urn: str,
        news: Mapping[str, Any],
        chart: Chart,
        timeout: float,
        context: grpc.ServicerContext,
        *,
        finished: bool,
    ) -> dict[str, Any] | None:
        """Install or upgrade; return the release as Helm gave it, None if there was nothing left to do."""
        inputs = reveal(dict(news))
        id = ObjectId(inputs["namespace"], inputs["name"])
        if list(secret_paths(news.get("description"))):
            inputs.pop("description", None)  # Helm takes it from the arguments only, where anybody can read it
        seconds = self._seconds(inputs, timeout)
        live = self.mender.mend(id)
        status = get_path(live, "info", "status") if live else None
        self._ledger.mark(urn, chart.mark, chart.note)
        if finished and status == "deployed":
            return None  # an earlier run made it from these inputs, and was killed before it could say so
        run: Callable[..., dict[str, Any]] = self.helm.install if live is None else self.helm.upgrade
        arguments = flags(inputs, seconds, upgrade=live is not None)
        try:
            live = run(
                inputs["name"],
                inputs["namespace"],
                chart.path,
                inputs.get("values") or {},
                arguments,
                3 * seconds + _SLACK_SECONDS,
            )
        except HelmError as error:
            self._failed(news, id, redacted(str(error), news), context)
        finally:
            # A Release that nobody waits for is done at once: its webhooks must be silent by then, not soon after.
            with suppress(KubeError):
                self._settings.on_release()
        self._keep(urn, news, chart, [*_manifest(live), *_hooks(live)], "live")
        return live

    def _keep(
        self, urn: str, news: Mapping[str, Any], chart: Chart, objects: list[dict[str, Any]], moment: Moment
    ) -> None:
        # A secret value may be anywhere in what the chart makes of it, not in a Secret only.
        double = chart.mark == "double"
        found = ChartObjects(
            urn, chart.name, chart.version, double, str(reveal(news["namespace"])), redacted(objects, news)
        )
        self._rendered.keep(found, moment)

    def _failed(self, news: Mapping[str, Any], id: ObjectId, message: str, context: grpc.ServicerContext) -> NoReturn:
        live = self._status(id)
        if live is None:
            raise ProviderError(f"Helm release {str(id)!r} was not created: {message}")
        lines = [f'Helm release "{id}" was created, but failed to initialize completely: {message}']
        lines += [f"  - {reason}" for reason in self._why(live, id)]
        abort_half_made(context, str(id), self._properties(news, id), dict(news), "\n".join(lines))

    def _why(self, live: Mapping[str, Any], id: ObjectId) -> list[str]:
        """Return what each object of a failed release waits for: Helm itself tells only that time is up."""
        reasons: list[str] = []
        with suppress(KubeError, HelmError):
            made = [*_manifest(live), *self.helm.hooks(id.name, id.namespace or "default")]
            for document in made:
                reasons += Waiter(self._client).problems(document, id.namespace)
        return reasons

    def _properties(
        self, news: Mapping[str, Any], id: ObjectId, live: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the outputs: the inputs, the status, and the names of the objects."""
        if live is None:
            live = self._status(id) or {}
            with suppress(HelmError):
                live["chart"] = {"metadata": self._about(id)}
        about = get_path(live, "chart", "metadata", default={})
        status = {
            "appVersion": about.get("appVersion"),
            "chart": about.get("name"),
            "name": id.name,
            "namespace": id.namespace,
            "revision": live.get("version"),
            "status": get_path(live, "info", "status"),
            "version": about.get("version"),
        }
        return {
            **news,
            "resourceNames": resource_names(_manifest(live)),
            "status": {key: value for key, value in status.items() if value not in (None, "")},
        }


def _manifest(live: Mapping[str, Any]) -> list[dict[str, Any]]:
    return documents(str(live.get("manifest") or ""))


def _hooks(live: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [made for hook in live.get("hooks") or () for made in documents(str(hook.get("manifest") or ""))]


def _without_nulls(value: Any) -> Any:
    """Return values as Helm keeps them: a null only removes a chart's default."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _in_use(id: ObjectId) -> str:
    return (
        f"there is a Helm release {str(id)!r} that this program did not make. Import it with its id, give this one "
        "another name, or uninstall the other"
    )
