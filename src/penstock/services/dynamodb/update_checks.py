"""What UpdateTable refuses by itself, before the table is looked at.

It makes one change at a time: of what may be asked of it only few things go together.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from penstock.services.dynamodb import option_checks
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.table_checks import check_supported, check_units
from penstock.wire.model import Json

_INDEXES = "GlobalSecondaryIndexUpdates"
_ANY_OF = (
    "ProvisionedThroughput",
    "BillingMode",
    _INDEXES,
    "SSESpecification",
    "StreamSpecification",
    "DeletionProtectionEnabled",
    "TableClass",
    "OnDemandThroughput",
    "WarmThroughput",
)
_NONE = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
    "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)
_THROUGHPUTS = frozenset(("OnDemandThroughput", "WarmThroughput"))  # which are no change where they are empty
# Changes that are made alone; where there are several the first is told.
_ALONE = {
    "SSESpecification": "Server-Side Encryption modification",
    "TableClass": "TableClass modification",
    "DeletionProtectionEnabled": "DeletionProtection modification",
}


def check_update(request: Json) -> None:
    check_supported(request)
    asked = [member for member in _ANY_OF if request.get(member, []) != []]
    if not asked:
        raise invalid(_NONE)
    if request.get(_INDEXES) == []:
        raise invalid(f"{INVALID}List of GlobalSecondaryIndexUpdates is empty")
    check_units(request.get("ProvisionedThroughput"))
    option_checks.check_changed_stream(request.get("StreamSpecification"))
    option_checks.check_encryption(request.get("SSESpecification"))
    updates = request.get(_INDEXES, ())
    _check_index_updates(updates)
    _check_together(request, asked, any("Create" in one or "Delete" in one for one in updates))
    for update in updates:
        if "Create" in update and "AttributeDefinitions" not in request:
            name = update["Create"]["IndexName"]
            raise invalid(f"{INVALID}AttributeDefinitions is not specified for index: {name}")


def _check_index_updates(updates: list[Json] | tuple[()]) -> None:
    seen: set[str] = set()
    for update in updates:
        given = [update[action] for action in ("Update", "Create", "Delete") if action in update]
        if not given:
            raise invalid(
                f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(given) > 1:
            message = "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
            raise invalid(INVALID + message)
        name = given[0]["IndexName"]
        if name in seen:
            message = "Only one global secondary index update per index is allowed simultaneously. Index: "
            raise invalid(INVALID + message + name)
        seen.add(name)
        if "Update" in update and update["Update"].get("WarmThroughput", True) == {}:
            message = "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified"
            raise invalid(f"{INVALID}{message} for index: {name}")


def _check_together(request: Json, asked: list[str], remakes_index: bool) -> None:
    """`remakes_index`: an index is created or deleted."""
    asked = [member for member in asked if member not in _THROUGHPUTS or request[member]]
    if len(asked) < 2:
        return
    for member, change in _ALONE.items():
        if member in asked:
            raise invalid(f"{INVALID}{change} must be the only operation in the request")
    if "WarmThroughput" in asked:
        if any("Create" in update for update in request.get(_INDEXES, ())):
            raise invalid(f"{INVALID}Create global secondary index cannot be specified when updating WarmThroughput")
        raise invalid(f"{INVALID}WarmThroughput must be the only operation in the request")
    if "OnDemandThroughput" in asked and set(asked) != {"OnDemandThroughput", "BillingMode"}:
        raise invalid(f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    provisions = "ProvisionedThroughput" in request or request.get("BillingMode") == "PROVISIONED"
    if provisions and "StreamSpecification" in request:
        raise invalid(f"{INVALID}You cannot modify stream status while updating table IOPS")
    if remakes_index and "ProvisionedThroughput" in request:
        raise invalid(f"{INVALID}You cannot create or delete index while updating table IOPS")
    if remakes_index and "StreamSpecification" in request:
        raise invalid(f"{INVALID}You cannot create or delete index while changing stream status")
