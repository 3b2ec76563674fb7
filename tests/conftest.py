from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.once import SHARED

# How long an example takes says more of the machine than of the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@pytest.fixture(scope="session", autouse=True)
def _shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Name a folder of this run for what is made once: a worker's own is below that of the run."""
    folder = tmp_path_factory.getbasetemp()
    os.environ[SHARED] = str(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
