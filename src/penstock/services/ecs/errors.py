"""ECS's errors, in the texts that AWS gives them.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html and what the service answers.
"""

from penstock.base.errors import AwsError
from penstock.wire.constraints import Faults, render, summary
from penstock.wire.model import Json, OperationModel


def client(message: str) -> AwsError:
    return AwsError("ClientException", message)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def unsupported(what: str) -> AwsError:
    """What AWS has and this machine has not."""
    return AwsError("UnsupportedFeatureException", f"Penstock does not support {what}.")


def no_cluster() -> AwsError:
    return AwsError("ClusterNotFoundException", "Cluster not found.")


def no_service() -> AwsError:
    return AwsError("ServiceNotFoundException", "Service not found.")


def failure(arn: str, reason: str = "MISSING", detail: str = "") -> Json:
    """An item of `failures`: what a batch could not do for one of its members."""
    return {"arn": arn, "reason": reason} | ({"detail": detail} if detail else {})


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """Members that are missing or of a wrong value, in ECS's own code; of enumerations in its own words."""
    for fault in faults:
        if fault.kind == "enum":
            allowed = fault.must.partition("[")[2].rstrip("]").replace(", ", ",")
            return invalid(f"{render(fault.value)} should be one of [{allowed}]")
    return invalid(summary(faults))
