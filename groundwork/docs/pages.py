"""The pages, as text: pure functions of what was gathered."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence

from groundwork.core.catalogue import Addon, Catalogue, Chart, Definitions, Image
from groundwork.core.explain import Explanation, Option, explain
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec
from groundwork.docs.gather import Seen
from groundwork.docs.proofs import proofs

COMMAND = "groundwork docs"
WRITTEN = f"<!-- Written by `{COMMAND}` from the code and the catalogue: change those. -->"
_PROVES = "[what a rehearsal proves](../rehearsal.md)"


def component_page(name: str, registry: Registry, seen: Seen, catalogue: Catalogue) -> str:
    """Return a component's page."""
    spec, explained = registry[name], explain(name, registry)
    blocks = [WRITTEN, f"# {name}", *_words(spec), *_relations(spec, explained, registry)]
    blocks += ["## Options", _options(explained)]
    blocks += ["## Third-party parts", *_parts(seen, catalogue)]
    blocks += ["## What a rehearsal proves of it", *_proofs(seen)]
    return "\n\n".join(blocks) + "\n"


def index_page(explained: Sequence[Explanation]) -> str:
    """Return the list of all components."""
    rows = [
        (f"[{each.name}]({each.name}.md)", each.summary, ", ".join(each.requires), each.provides or "")
        for each in explained
    ]
    lead = "`{}` under its key switches a component on; its page says what else may stand there."
    return (
        "\n\n".join([WRITTEN, "# Components", lead, table(("component", "what it is", "requires", "provides"), rows)])
        + "\n"
    )


def support_page(catalogue: Catalogue) -> str:
    """Return the support matrix: what was tested on our Kubernetes by those who make it, and what was not."""
    ours = catalogue.kubernetes
    charts = [
        (key, entry.version, entry.app_version, entry.licence, *(_tested(entry, minor) for minor in ours), _end(entry))
        for key, entry in sorted(catalogue.charts.items())
    ]
    titles = ("chart", "version", "product", "licence", *(f"Kubernetes {minor}" for minor in ours), "end of life")
    gaps = [
        (key, f"{entry.version} was tested on {', '.join(entry.tested_on)}, not on {minor}")
        for key, entry in sorted(catalogue.charts.items())
        for minor in ours
        if entry.tested_on and minor not in entry.tested_on
    ]
    silent = [key for key, entry in sorted(catalogue.charts.items()) if not entry.tested_on]
    built = [(key, entry.source) for key, entry in sorted(catalogue.charts.items()) if entry.source]
    noted: dict[str, Chart | Image | Addon] = {**catalogue.managed_addons, **catalogue.images, **catalogue.charts}
    notes = [(key, entry.note) for key, entry in sorted(noted.items(), key=lambda item: item[0]) if entry.note]
    images = [
        (key, entry.image, entry.tag, entry.licence, _end(entry)) for key, entry in sorted(catalogue.images.items())
    ]
    crds = [
        (key, entry.version, entry.licence, entry.chart or "") for key, entry in sorted(catalogue.definitions.items())
    ]
    addons = [(key, entry.version) for key, entry in sorted(catalogue.managed_addons.items())]
    blocks = [
        WRITTEN,
        "# What is supported",
        f"The versions of `platform/catalogue.yaml`, on Kubernetes {' and '.join(ours)}. A cluster of another minor "
        "version is refused, and so is a chart or an image past its end of life, or past the "
        "day until which it is kept all the same. CI rehearses every environment "
        "(`make rehearse-all`); none was ever run on AWS: see [what a rehearsal proves](rehearsal.md). "
        "`groundwork outdated` compares the charts with the newest of their repositories.",
        "## Charts",
        "*tested*: upstream says that it tests this version on this Kubernetes. *not tested*: it names others only. "
        "*not said*: it names none, or only the oldest that will do.",
        table(titles, charts),
        "## Combinations that upstream does not support",
        table(("chart", "gap"), gaps) if gaps else "None that is known.",
        f"Upstream does not say what it tests these on: {', '.join(silent)}." if silent else "",
        "Everything that is *not tested* or *not said* was chosen all the same: no set of versions is tested by all. "
        "A rehearsal shows that the API objects are accepted; that the product then works, it does not.",
        "## Built from kustomizations",
        "Upstream ships no chart of these. `groundwork mirror` builds one, by a recipe in `platform/kustomize/`.",
        table(("chart", "source"), built),
        "## Images",
        "Those that the platform itself names; `groundwork mirror` lists the images of the charts.",
        table(("image", "repository", "tag", "licence", "end of life"), images),
        "## CRDs",
        table(("product", "version", "licence", "chart"), crds),
        "## Add-ons that EKS manages",
        table(("add-on", "version"), addons),
        "## Notes",
        table(("part", "note"), notes),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def table(titles: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """Return a Markdown table."""
    lines = [" | ".join(titles), " | ".join("---" for _ in titles)]
    lines += [" | ".join(_cell(cell or "") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _words(spec: Spec) -> list[str]:
    """Return what a component is, and the reasons that stand at the head of its file."""
    own = inspect.cleandoc(spec.cls.__doc__ or "").split("\n\n")
    reasons = inspect.cleandoc(sys.modules[spec.cls.__module__].__doc__ or "").split("\n\n")[1:]
    return [_inline(paragraph) for paragraph in [*own, *reasons] if paragraph and "Attributes:" not in paragraph]


def _inline(paragraph: str) -> str:
    return paragraph if paragraph.lstrip().startswith(("-", "*")) else " ".join(paragraph.split())


def _relations(spec: Spec, explained: Explanation, registry: Registry) -> list[str]:
    rows = [("requires", need.contract) for need in spec.needs if not need.optional]
    rows += [("uses where there is one", need.contract) for need in spec.needs if need.optional]
    shown = [
        (
            what,
            contract.__name__,
            ", ".join(
                f"[{each.name}]({each.name}.md)"
                for each in registry.values()
                if each.provides and issubclass(each.provides, contract)
            ),
        )
        for what, contract in rows
    ]
    blocks = [table(("", "contract", "of"), shown)] if shown else ["It requires nothing."]
    if explained.provides:
        blocks.append(f"It provides **{explained.provides}**.")
    if spec.cls.single:
        blocks.append("A cluster can have one.")
    return blocks


def _options(explained: Explanation) -> str:
    if not explained.options:
        return f"None: write `{explained.name}: {{}}`."
    return options_table(explained.options)


def options_table(options: Sequence[Option]) -> str:
    """Return keys with what they take, their defaults and their meaning."""
    rows = [(f"`{each.key}`", each.kind, _default(each), each.description) for each in options]
    return table(("option", "takes", "default", "meaning"), rows)


def _default(option: Option) -> str:
    return ", ".join(f"{name}: {value}" if name else value for name, value in option.defaults.items())


def _parts(seen: Seen, catalogue: Catalogue) -> list[str]:
    if seen.unknown:
        return [f"Not known, for it could not be built: {'; '.join(seen.unknown)}"]
    tables: Mapping[str, Mapping[str, Chart | Image | Definitions | Addon]] = {
        "charts": catalogue.charts,
        "images": catalogue.images,
        "definitions": catalogue.definitions,
        "managed_addons": catalogue.managed_addons,
    }
    rows = [_part(kind, key, tables[kind][key]) for kind, key in sorted(seen.use.parts)]
    where = (
        f"What it asks the catalogue for, as {_listed(seen.places)} {'has' if len(seen.places) == 1 else 'have'} it:"
    )
    if not rows:
        return [f"None, as {_listed(seen.places)} {'has' if len(seen.places) == 1 else 'have'} it."]
    return [where, table(("part", "kind", "version", "licence", "end of life", "note"), rows)]


def _part(kind: str, key: str, entry: Chart | Image | Definitions | Addon) -> tuple[str, ...]:
    if isinstance(entry, Chart):
        return key, "chart", entry.version, entry.licence, _end(entry), entry.note or ""
    if isinstance(entry, Image):
        return key, "image", entry.tag, entry.licence, _end(entry), entry.note or ""
    if isinstance(entry, Definitions):
        return key, "CRDs", entry.version, entry.licence, "", ""
    return key, "add-on of EKS", entry.version, "", "", entry.note or ""


def _proofs(seen: Seen) -> list[str]:
    if seen.unknown:
        return ["Not known, for the same reason."]
    rows = proofs(seen.use.resources)
    if not rows:
        return ["It registers no resource of its own."]
    return [
        f"By the kinds of its resources; the marks are explained in {_PROVES}.",
        table(("resources", "mark", "by"), rows),
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _tested(entry: Chart, minor: str) -> str:
    if not entry.tested_on:
        return "not said"
    return "tested" if minor in entry.tested_on else "not tested"


def _end(entry: Chart | Image) -> str:
    if entry.end_of_life is None:
        return ""
    return f"{entry.end_of_life}, kept until {entry.keep_until}" if entry.keep_until else str(entry.end_of_life)
