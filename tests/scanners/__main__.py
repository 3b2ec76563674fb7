"""`python -m tests.scanners`: put the scanner in place that the tests run, before they fall silent."""

from rich.console import Console

from tests.scanners.kube_score import install

install(Console(stderr=True))
