"""Where the engine starts the pack: building a PolicyPack serves it, and never returns."""

from pathlib import Path

from pulumi_policy import PolicyPack

from policies.pack import policies_of

PolicyPack(name="groundwork", policies=policies_of(Path(__file__).resolve().parent.parent))
