"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
"""

from penstock.base.arn import arn
from penstock.call import Context
from penstock.wire.model import Json

_MEMBERS = ("RuleArn", "ListenerArn", "LoadBalancerArn", "TargetGroupArn")
_KINDS = {"application": "app", "network": "net", "gateway": "gwy"}
_NEW = {
    "CreateLoadBalancer": lambda request: (
        f"loadbalancer/{_KINDS[request.get('Type', 'application')]}/{request['Name']}/*"
    ),
    "CreateTargetGroup": lambda request: f"targetgroup/{request['Name']}/*",
}


def resource(ctx: Context, operation: str, request: Json) -> str:
    if operation.startswith("Describe"):  # AWS knows no permission for one resource there
        return "*"
    if operation in _NEW:
        return arn("elasticloadbalancing", ctx.region, ctx.account, _NEW[operation](request))
    if operation == "SetRulePriorities":
        return str(request["RulePriorities"][0].get("RuleArn", "*")) if request["RulePriorities"] else "*"
    if operation in ("AddTags", "RemoveTags"):
        return str(request["ResourceArns"][0]) if request["ResourceArns"] else "*"
    return next((str(request[member]) for member in _MEMBERS if member in request), "*")
