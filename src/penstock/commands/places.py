"""Where apps are at work: the account and region of the runtime, and those that their stacks name."""

from penstock.call import Context, Kernel
from penstock.services.cloudformation.store import all_stacks


def places(kernel: Kernel) -> list[Context]:
    """A context of each; the runtime's own is the first."""
    own = kernel.context()
    found = {(own.account, own.region): own}
    for stack in all_stacks(own.store) if kernel.at_work("cloudformation") else ():
        found.setdefault((stack.account, stack.region), own.at(account=stack.account, region=stack.region))
    return list(found.values())
