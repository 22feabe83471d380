"""What a service may ask for: AWS's checks, and what does not run here.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import names
from penstock.services.ecs.engine import SERVICE
from penstock.services.ecs.errors import client, invalid, unsupported
from penstock.wire.model import Json

MAX_BALANCERS = 5
_PERCENTS = {
    "REPLICA": {"maximumPercent": 200, "minimumHealthyPercent": 100},
    "DAEMON": {"maximumPercent": 100, "minimumHealthyPercent": 0},
}
_UNSUPPORTED = {
    "volumeConfigurations": "volumes that are configured at launch",
    "vpcLatticeConfigurations": "VPC Lattice",
}


def check_supported(request: Json) -> None:
    """Raises UnsupportedFeatureException for what would otherwise be silently ignored."""
    controller = request.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        raise unsupported(f"the deployment controller {controller}: services are deployed by ECS itself")
    if request.get("launchType") == "EXTERNAL":
        raise unsupported("the launch type EXTERNAL")
    configuration = request.get("deploymentConfiguration", {})
    strategy = configuration.get("strategy", "ROLLING")
    if strategy != "ROLLING":
        raise unsupported(f"the deployment strategy {strategy}: deployments are rolling")
    if configuration.get("alarms", {}).get("enable"):
        raise unsupported("deployment alarms: a deployment fails by its circuit breaker only")
    if configuration.get("lifecycleHooks"):
        raise unsupported("deployment lifecycle hooks")
    for entry in request.get("serviceConnectConfiguration", {}).get("services", ()):
        if entry.get("tls"):
            raise unsupported("TLS of Service Connect: connections are handed on as they are")
    for member, what in _UNSUPPORTED.items():
        given = request.get(member)
        if given and (not isinstance(given, dict) or given.get("enabled", True)):
            raise unsupported(what)


def check_scheduling(request: Json, launch_type: str) -> None:
    """Raises InvalidParameterException."""
    if request.get("schedulingStrategy") != "DAEMON":
        return
    if launch_type == "FARGATE":
        raise invalid("The daemon scheduling strategy is not supported for the Fargate launch type.")
    if request.get("placementStrategy"):
        raise invalid("Placement strategies are not supported with DAEMON scheduling strategy.")


def deployment_configuration(given: Json, scheduling: str) -> Json:
    """With all defaults. Raises InvalidParameterException."""
    breaker = {"enable": False, "rollback": False} | given.get("deploymentCircuitBreaker", {})
    found: Json = {**_PERCENTS[scheduling], "strategy": "ROLLING", "bakeTimeInMinutes": 0}
    found |= given | {"deploymentCircuitBreaker": breaker}
    low, high = found["minimumHealthyPercent"], found["maximumPercent"]
    if low < 0 or high < 0:
        raise invalid("minimumHealthyPercent and maximumPercent cannot be negative.")
    if high < 100:
        raise invalid("maximumPercent should be at least 100.")
    if low >= high:
        raise invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    return found


def check_load_balancers(ctx: Context, request: Json, definition: Json) -> None:
    balancers = request.get("loadBalancers", ())
    if not balancers and request.get("healthCheckGracePeriodSeconds"):
        raise invalid("Health check grace period is only valid for services configured to use load balancers")
    if len(balancers) > MAX_BALANCERS:
        raise invalid(f"load balancers can have at most {MAX_BALANCERS} items.")
    for balancer in balancers:
        if "targetGroupArn" not in balancer:
            raise unsupported("Classic Load Balancers: name a targetGroupArn")
        if balancer.get("advancedConfiguration"):
            raise unsupported("advancedConfiguration of load balancers: deployments are rolling")
        _check_port(definition, balancer.get("containerName", ""), balancer.get("containerPort"))
        _check_group(ctx, balancer["targetGroupArn"], definition)


def _check_port(definition: Json, name: str, port: int | None) -> None:
    own = next((item for item in definition["containerDefinitions"] if item["name"] == name), None)
    if own is None:
        raise invalid(f"The container {name} does not exist in the task definition.")
    if port not in [mapping.get("containerPort") for mapping in own["portMappings"]]:
        raise invalid(f"The container {name} did not have a container port {port} defined.")


def _check_group(ctx: Context, arn: str, definition: Json) -> None:
    try:
        found = ctx.as_service(SERVICE).call_now("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [arn]})[
            "TargetGroups"
        ][0]
    except AwsError as error:
        if "NotFound" not in error.code:
            raise
        raise invalid(f"The specified target group does not exist: {arn}") from error
    mode = definition["networkMode"]
    if mode == "awsvpc" and found["TargetType"] != "ip":
        raise invalid(
            f"The provided target group {arn} has target type {found['TargetType']}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )
    if found["TargetType"] != "ip":
        raise unsupported(f"target groups of target type {found['TargetType']} (every task has an address: use ip)")
    if not found["LoadBalancerArns"]:
        raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")


def check_registries(ctx: Context, request: Json, definition: Json) -> None:
    registries = request.get("serviceRegistries", ())
    if len(registries) > 1:
        raise invalid("service registries can have at most 1 items.")
    for registry in registries:
        if "containerName" in registry and "containerPort" in registry:
            _check_port(definition, registry["containerName"], registry["containerPort"])
        try:
            ctx.as_service(SERVICE).call_now(
                "servicediscovery", "GetService", {"Id": names.last(registry.get("registryArn", ""))}
            )
        except AwsError as error:
            if error.code != "ServiceNotFound":
                raise
            raise invalid(f"Unable to find the service registry {registry.get('registryArn')}.") from error


def check_name(name: str) -> None:
    if not name:
        raise client("Service name can not be empty.")
    if not names.NAME.fullmatch(name):
        raise invalid("Service name contains invalid characters.")
