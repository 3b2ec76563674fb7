"""`python -m groundwork.docs`: write the documents."""

from pathlib import Path

from groundwork.core.registry import discover
from groundwork.docs.write import write

for changed in write(Path.cwd(), discover()):
    print(changed)
