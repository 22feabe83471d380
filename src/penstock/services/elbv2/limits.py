"""What the account and its load balancers may have, and the TLS policies that listeners may name.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.elbv2 import names
from penstock.services.elbv2.ssl_policies import POLICIES
from penstock.services.elbv2.state import LOAD_BALANCER, mine
from penstock.wire.model import Json

_DECREASES = 2  # of a capacity reservation, in a day
_LIMITS = {
    "application-load-balancers": 50,
    "certificates-per-application-load-balancer": 25,
    "condition-values-per-alb-rule": 5,
    "condition-wildcards-per-alb-rule": 5,
    "listeners-per-application-load-balancer": 50,
    "rules-per-application-load-balancer": 100,
    "target-groups-per-action-on-application-load-balancer": 5,
    "target-groups-per-application-load-balancer": 100,
    "targets-per-application-load-balancer": 1000,
    "network-load-balancers": 50,
    "certificates-per-network-load-balancer": 25,
    "listeners-per-network-load-balancer": 50,
    "target-groups-per-action-on-network-load-balancer": 1,
    "targets-per-availability-zone-per-network-load-balancer": 500,
    "targets-per-network-load-balancer": 3000,
    "target-groups": 3000,
    "targets-per-target-group": 1000,
}


def describe_account_limits(ctx: Context, request: Json) -> Json:
    return names.page(request, "Limits", [{"Name": name, "Max": str(most)} for name, most in _LIMITS.items()])


def describe_capacity_reservation(ctx: Context, request: Json) -> Json:
    """Nothing is reserved, and nothing can be: all capacity is this machine's."""
    mine(ctx, LOAD_BALANCER, request["LoadBalancerArn"])
    return {"DecreaseRequestsRemaining": _DECREASES, "CapacityReservationState": []}


def describe_ssl_policies(ctx: Context, request: Json) -> Json:
    wanted = list(dict.fromkeys(request.get("Names") or POLICIES))
    for name in wanted:
        if name not in POLICIES:
            raise AwsError("SSLPolicyNotFoundException", f"SSL policy '{name}' not found")
    return names.page(request, "SslPolicies", [POLICIES[name] for name in wanted])
