"""For authors of components: build a stack once, then assert on what it registered in plain pytest.

graph = record({"network": {}, "eks": {}}, environment="dev")
assert graph.one("aws:eks/cluster:Cluster").inputs["version"] == "1.35"
"""

from groundwork.testing.graph import Graph, Registered
from groundwork.testing.record import record, stack_of

__all__ = ["Graph", "Registered", "record", "stack_of"]
