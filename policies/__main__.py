"""Where the engine starts the pack: building a PolicyPack serves it, and never returns."""

from pathlib import Path

from pulumi_policy import PolicyPack

from policies.pack import judged_types, policies_of
from policies.serving import answer_only_for

ROOT = Path(__file__).resolve().parent.parent

answer_only_for(judged_types(ROOT))
PolicyPack(name="groundwork", policies=policies_of(ROOT))
