"""The program of every stack; what a stack consists of stands in `Pulumi.<stack>.yaml` beside this file."""

from pathlib import Path

from groundwork.core.program import main

main(Path.cwd() if (Path.cwd() / "Pulumi.yaml").is_file() else Path(__file__).parent.parent)
