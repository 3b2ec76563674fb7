"""How many interfaces of the Elastic Fabric Adapter an instance type can have: one for each network card that has it.

Which types have any says the table of types. Those with several are as Karpenter 1.14.1 lists them in its reference of
instance types, under `vpc.amazonaws.com/efa`.
"""

from __future__ import annotations

from collections.abc import Mapping

from groundwork.data.instance_types import InstanceType

_SEVERAL: Mapping[int, tuple[str, ...]] = {
    2: (
        *("c6in.32xlarge", "c6in.metal", "c8gb.48xlarge", "c8gb.metal-48xl", "c8gn.48xlarge", "c8gn.metal-48xl"),
        *("c8ib.96xlarge", "c8ib.metal-96xl", "c8in.96xlarge", "c8in.metal-96xl", "g6e.24xlarge", "g7e.24xlarge"),
        *("hpc6id.32xlarge", "hpc7a.12xlarge", "hpc7a.24xlarge", "hpc7a.48xlarge", "hpc7a.96xlarge", "hpc8a.96xlarge"),
        *("m6idn.32xlarge", "m6idn.metal", "m6in.32xlarge", "m6in.metal", "m8gb.48xlarge", "m8gb.metal-48xl"),
        *("m8gn.48xlarge", "m8gn.metal-48xl", "m8ib.96xlarge", "m8ib.metal-96xl", "m8idb.96xlarge"),
        *("m8idb.metal-96xl", "m8idn.96xlarge", "m8idn.metal-96xl", "m8in.96xlarge", "m8in.metal-96xl"),
        *("r6idn.32xlarge", "r6idn.metal", "r6in.32xlarge", "r6in.metal", "r8gb.48xlarge", "r8gb.metal-48xl"),
        *("r8gn.48xlarge", "r8gn.metal-48xl", "r8ib.96xlarge", "r8ib.metal-96xl", "r8idb.96xlarge"),
        *("r8idb.metal-96xl", "r8idn.96xlarge", "r8idn.metal-96xl", "r8in.96xlarge", "r8in.metal-96xl"),
        *("u7in-16tb.224xlarge", "u7in-24tb.224xlarge", "u7in-32tb.224xlarge"),
    ),
    4: ("dl1.24xlarge", "g6e.48xlarge", "g7e.48xlarge", "p4d.24xlarge", "p4de.24xlarge"),
    8: ("p6-b200.48xlarge", "trn1.32xlarge"),
    16: ("p5en.48xlarge", "p6-b300.48xlarge", "trn1n.32xlarge", "trn2.48xlarge"),
    32: ("p5.48xlarge", "p5e.48xlarge"),
}
_COUNTS = {name: count for count, names in _SEVERAL.items() for name in names}


def efa_interfaces(machine: InstanceType) -> int:
    """Return the most that an instance of this type can have; 0 for a type without."""
    return _COUNTS.get(machine.name, 1) if machine.efa else 0
