"""From rendered objects to a chart's templates: a pure function of the objects and the recipe."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import yaml

from groundwork.mirror.errors import MirrorError
from groundwork.mirror.recipe import Edit, Recipe

Object = dict[str, Any]

_WHOLE = re.compile(r"\{\{ (.+) \}\}", re.DOTALL)
_WORKLOADS = ("Deployment", "StatefulSet")
# What a kustomization of no namespace leaves without one; Helm would put it into the release's all the same.
_NAMESPACED = (*_WORKLOADS, "ConfigMap", "PersistentVolumeClaim", "Role", "RoleBinding", "Service", "ServiceAccount")
_PLACEMENT = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")
# Beside `workloads`, all values end up in what Pods read at their start only.
_CHECKSUM = 'omit .Values "workloads" | toJson | sha256sum'


class _Placeholders:
    """Stands in the objects for what YAML cannot say: expressions, and lines that open and close a condition."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def expression(self, text: str) -> str:
        return self._keep(f"{{{{ {text} | toJson }}}}")

    def line(self, text: str) -> str:
        return self._keep(f"{{{{- {text} }}}}")

    def _keep(self, text: str) -> str:
        self._texts.append(text)
        return f"@groundwork-{len(self._texts) - 1}@"

    def write(self, document: Object) -> str:
        """Return the template of one object."""
        dumped = yaml.safe_dump(document, sort_keys=False, width=10_000, allow_unicode=True)
        # What upstream itself writes in braces is a text for other templates, such as Argo's.
        escaped = dumped.replace("{{", '{{ "{{" }}')
        lines = re.sub(r"(?m)^ *(?:- )?'?@groundwork-(\d+)@'?(?:: null)?$", self._line, escaped)
        return re.sub(r"'?@groundwork-(\d+)@'?", lambda found: self._texts[int(found[1])], lines)

    def _line(self, found: re.Match[str]) -> str:
        return self._texts[int(found[1])] if self._texts[int(found[1])].startswith("{{-") else found[0]


def templates(objects: Sequence[Object], recipe: Recipe) -> tuple[dict[str, str], dict[str, Any]]:
    """Return file -> text of the chart's templates, and the chart's default values.

    Raises:
        MirrorError: naming all of the recipe that fits nothing, and all that still names upstream's namespace.
    """
    kept, problems = _without_left_out(objects, recipe)
    problems += _gather(kept, recipe)
    places = _Placeholders()
    workloads = {o["metadata"]["name"]: _take_workload(o, places) for o in kept if o["kind"] in _WORKLOADS}
    for edit in recipe.edits:
        problems += _apply(edit, kept, places)
    for made in kept:
        _put_namespace(made, recipe.namespace, places)
        problems += [
            f"{reference(made)}: {path} still names the namespace: {text!r}; the recipe has to say what stands there"
            for path, text in _texts(made)
            if _names_namespace(path, text, recipe.namespace)
        ]
    if problems:
        raise MirrorError(problems)
    files = {f"templates/{_file_name(made)}": places.write(made) for made in kept}
    return files, {**recipe.values, "workloads": dict(sorted(workloads.items()))}


def reference(made: Mapping[str, Any]) -> str:
    """Return `Kind/name`."""
    return f"{made['kind']}/{made['metadata']['name']}"


def _file_name(made: Object) -> str:
    return f"{made['kind']}-{made['metadata']['name']}".lower().replace(":", "-") + ".yaml"


def _without_left_out(objects: Sequence[Object], recipe: Recipe) -> tuple[list[Object], list[str]]:
    found = {reference(made): made for made in objects if made["kind"] != "CustomResourceDefinition"}
    problems = [
        f"nothing is called {pattern!r}, which the recipe leaves out"
        for pattern in recipe.leave_out
        if not any(fnmatchcase(name, pattern) for name in found)
    ]
    kept = [name for name in sorted(found) if not any(fnmatchcase(name, pattern) for pattern in recipe.leave_out)]
    return [copy.deepcopy(found[name]) for name in kept], problems


def _gather(objects: Sequence[Object], recipe: Recipe) -> list[str]:
    """Give aggregated roles the rules of those that add to them; return what the recipe has wrong."""
    roles = [made for made in objects if made["kind"] == "ClusterRole"]
    todo = [role for role in roles if reference(role) in recipe.gather and "aggregationRule" in role]
    missing = sorted(set(recipe.gather) - {reference(role) for role in todo})
    while todo:
        # One that adds to another has its own rules first.
        role = next(
            (one for one in todo if not any(_adds(other, one) for other in todo if other is not one)),
            todo[0],
        )
        todo.remove(role)
        rules = [rule for other in roles if other is not role and _adds(other, role) for rule in other["rules"]]
        role["rules"] = [rule for index, rule in enumerate(rules) if rule not in rules[:index]]
        del role["aggregationRule"]
    return [f"no aggregated role is called {name!r}, which the recipe gathers" for name in missing]


def _adds(role: Object, to: Object) -> bool:
    labels = role["metadata"].get("labels") or {}
    selectors = [each.get("matchLabels") or {} for each in to["aggregationRule"]["clusterRoleSelectors"]]
    return any(selector and selector.items() <= labels.items() for selector in selectors)


def _take_workload(made: Object, places: _Placeholders) -> dict[str, Any]:
    """Let values decide copies, placement and resources; return upstream's as defaults.

    The resources of the first container stand beside the copies, those of others under `containers.<name>`.
    """
    chosen = f'index .Values.workloads "{made["metadata"]["name"]}"'
    template = made["spec"]["template"]
    pod = template["spec"]
    defaults: dict[str, Any] = {"replicas": made["spec"].get("replicas", 1)}
    made["spec"]["replicas"] = places.expression(f"({chosen}).replicas")
    container = pod["containers"][0]
    defaults["resources"] = container.get("resources") or {}
    container["resources"] = places.expression(f"({chosen}).resources")
    for other in pod["containers"][1:]:
        kept = {"resources": other.get("resources") or {}}
        defaults.setdefault("containers", {})[other["name"]] = kept
        other["resources"] = places.expression(f'(index ({chosen}).containers "{other["name"]}").resources')
    for key in _PLACEMENT:
        if key in pod:
            defaults[key] = pod.pop(key)
        pod[places.line(f"with ({chosen}).{key}")] = None
        pod[key] = places.expression(".")
        pod[places.line("end")] = None
    annotations = template.setdefault("metadata", {}).setdefault("annotations", {})
    annotations["checksum/values"] = places.expression(_CHECKSUM)
    return defaults


def _put_namespace(made: Object, namespace: str, places: _Placeholders) -> None:
    own = places.expression(".Release.Namespace")
    if made["kind"] in _NAMESPACED:
        made["metadata"].setdefault("namespace", namespace)
    holders = [made["metadata"], *(made.get("subjects") or ())]
    holders += [(hook.get("clientConfig") or {}).get("service") or {} for hook in made.get("webhooks") or ()]
    for holder in holders:
        if holder.get("namespace") == namespace:
            holder["namespace"] = own


def _names_namespace(path: str, text: str, namespace: str) -> bool:
    """Whether a text is the namespace where one stands, or has it as a part of an address or of an account."""
    if text == namespace:
        return path.lower().endswith(("namespace", ".value"))
    return re.search(rf"^{namespace}/|[.:=]{namespace}(:|\.svc|$)", text) is not None


def _texts(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, f"{path}[{index}]")
    elif isinstance(node, str):
        yield path, node


def _apply(edit: Edit, objects: Sequence[Object], places: _Placeholders) -> list[str]:
    found = [made for made in objects if fnmatchcase(reference(made), edit.object)]
    if len(found) != 1:
        return [f"{len(found)} objects are called {edit.object!r}, which the recipe edits: it has to be one"]
    node: Any = found[0]
    for step in edit.at[:-1]:
        node = _child(node, step)
        if not isinstance(node, dict | list):
            return [f"{edit.object}: there is no {step!r} on the way {'.'.join(edit.at)}"]
    last = edit.at[-1]
    present = _child(node, last) is not None
    if edit.remove or edit.to is None:
        if not present:
            return [f"{edit.object}: there is no {'.'.join(edit.at)} to change"]
        if edit.remove:
            _remove(node, last)
            return []
    if edit.to is not None:
        _put(node, last, _value(edit.to, places))
    if edit.when:
        _surround(node, last, places.line(f"if {edit.when}"), places.line("end"))
    return []


def _child(node: Any, step: str) -> Any:
    if isinstance(node, list):
        return next((item for item in node if isinstance(item, dict) and item.get("name") == step), None)
    return node.get(step)


def _remove(node: Any, step: str) -> None:
    if isinstance(node, list):
        node.remove(_child(node, step))
    else:
        del node[step]


def _put(node: Any, step: str, value: Any) -> None:
    if not isinstance(node, list):
        node[step] = value
        return
    item = {"name": step, **value} if isinstance(value, dict) else value
    old = _child(node, step)
    if old is None:
        node.append(item)
    else:
        node[node.index(old)] = item


def _surround(node: Any, step: str, opening: str, closing: str) -> None:
    if isinstance(node, list):
        at = node.index(_child(node, step))
        node[at : at + 1] = [opening, node[at], closing]
        return
    items = list(node.items())
    node.clear()
    for key, value in items:
        if key == step:
            node |= {opening: None, key: value, closing: None}
        else:
            node[key] = value


def _value(given: Any, places: _Placeholders) -> Any:
    if isinstance(given, dict):
        return {key: _value(item, places) for key, item in given.items()}
    if isinstance(given, list):
        return [_value(item, places) for item in given]
    whole = _WHOLE.fullmatch(given) if isinstance(given, str) else None
    return places.expression(f"({whole[1].strip()})") if whole else given
