"""What AWS's network would refuse, seen in the templates: Penstock runs everything on loopback, where all is open.

Rule: no false alarms. All stacks of a check are looked at together, references between them followed through
exports, outputs, nested stacks and SSM parameters; what cannot be known from them (an imported VPC, a parameter
without a value, a looked-up security group) is taken to be right.
"""

from collections.abc import Sequence

from penstock.template.assembly import Stack
from penstock.template.finding import Finding
from penstock.template.reachability import balancers, egress, names
from penstock.template.reachability.network import Network
from penstock.template.reachability.workloads import Workloads
from penstock.template.reachability.world import world_of


def findings(stacks: Sequence[Stack]) -> list[Finding]:
    """Nothing where there is no network in the templates, or where what they make depends on unknown parameters."""
    world = world_of(stacks)
    if world is None:
        return []
    network = Network(world)
    workloads = Workloads(world, network)
    found = (*names.findings(workloads), *balancers.findings(workloads), *egress.findings(workloads))
    return list(dict.fromkeys(found))
