"""The folder of a double: a chart that the real Helm installs like any other."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from groundwork.sandbox.doubles.objects import Builder, Schemas
from groundwork.sandbox.doubles.switches import Switches, Target
from groundwork.sandbox.doubles.templating import Naming, dump, raw, value_of
from groundwork.sandbox.doubles.workloads import Knobs
from groundwork.sandbox.inventory import Inventory, InventoryObject

LABEL = "groundwork.example/double"


@dataclass(frozen=True)
class Double:
    """A generated chart.

    Attributes:
        files: the content of the chart's folder by relative path.
        left_out: the objects of the inventory that it does not have, `Kind/name`: too little is known of them to make
            a valid one.
    """

    chart: str
    version: str
    files: dict[str, str]
    left_out: tuple[str, ...]

    def write(self, folder: Path) -> Path:
        """Write the chart to `folder`, in one step, and return it."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".double-", dir=folder.parent))
        for name, content in self.files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        return fresh.rename(folder)


def make_double(
    chart: str,
    version: str,
    inventory: Inventory,
    switches: Switches | None = None,
    schemas: Schemas = lambda api_version, kind: None,
) -> Double:
    """Make the double of a chart from its inventory; the same facts always give the same files."""
    table = switches or Switches()
    naming = Naming.of(chart, inventory)
    builder = Builder(inventory, naming, {LABEL: f"{chart}-{version}"}, schemas)
    files = {
        "Chart.yaml": yaml.safe_dump(
            {
                "apiVersion": "v2",
                "name": chart,
                "version": version,
                "description": f"Double of {chart} {version}, made from its inventory. It runs nothing.",
                "annotations": {LABEL: f"{chart}-{version}"},
            },
            sort_keys=False,
        ),
        "values.yaml": yaml.safe_dump(table.value_defaults(inventory)),
        "templates/_helpers.tpl": naming.helpers(),
    }
    left_out = []
    for index, entry in enumerate(inventory):
        knobs = _knobs(entry, table, naming)
        manifest = builder.manifest(entry, knobs)
        if manifest is None:
            left_out.append(entry.reference)
            continue
        account = next((t.value for t in table.serviceAccounts if t.object == entry.reference), None)
        if account:
            manifest["metadata"]["annotations"] = raw(f"toJson (default dict (get {value_of(account)} `annotations`))")
        text = _switched(dump(manifest), _conditions(entry, table, account))
        files[f"templates/{index:03d}-{entry.kind.lower()}.yaml"] = text
    return Double(chart, version, files, tuple(left_out))


def _knobs(entry: InventoryObject, table: Switches, naming: Naming) -> Knobs:
    def path(targets: tuple[Target, ...]) -> str | None:
        return next((target.value for target in targets if target.object == entry.reference), None)

    accounts = {}
    for target in table.serviceAccounts:
        name = target.object.partition("/")[2]
        own = json.dumps(naming.text(name)).strip('"')
        accounts[name] = (
            "{{ " + f"with (get {value_of(target.value)} `name`)" + " }}{{ . }}{{ else }}" + own + "{{ end }}"
        )
    return Knobs(path(table.replicas), table.readings(entry), accounts)


def _conditions(entry: InventoryObject, table: Switches, account: str | None) -> list[str]:
    found = [
        f"(not {value_of(switch.value)})" if switch.unless else value_of(switch.value)
        for switch in table.switches
        if entry.reference in switch.objects
    ]
    if account:
        found.append(f"(ne (toString (get {value_of(account)} `create`)) `false`)")
    return found


def _switched(text: str, conditions: list[str]) -> str:
    if not conditions:
        return text + "\n"
    return "{{- if and " + " ".join(conditions) + " true }}\n" + text + "\n{{- end }}\n"
