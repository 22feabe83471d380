"""Service Connect: names by which tasks reach the ports of a service, whatever its tasks are.

The configuration belongs to a service and its deployments. ECS keeps a Cloud Map service, found by API only, for each
port that it names; client aliases are names on the runtime's network (`endpoints.py`).
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
"""

from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import names
from penstock.services.ecs.engine import SERVICE
from penstock.services.ecs.errors import invalid
from penstock.wire.model import Json

MAX_ALIASES = 1  # of a service's port


class Alias(NamedTuple):
    """`name:port` leads to `container_port` of the service's tasks."""

    name: str
    port: int
    container_port: int


# -- namespaces ----------------------------------------------------------------------------------------


def default_namespace(ctx: Context, given: Json) -> Json:
    """A cluster's `serviceConnectDefaults`: the namespace of a name is made if need be; "" takes it away."""
    if not given["namespace"]:
        return {}
    found = _namespace(ctx, given["namespace"])
    if found is None and given["namespace"].startswith("arn:"):
        raise _no_namespace(given["namespace"])
    if found is None:
        _call(ctx, "CreateHttpNamespace", {"Name": given["namespace"]})
        found = _namespace(ctx, given["namespace"])
        assert found is not None
    return {"namespace": found["Arn"]}


def _namespace(ctx: Context, wanted: str) -> Json | None:
    """As Cloud Map describes it; a name means that of the account."""
    filters = [] if wanted.startswith("arn:") else [{"Name": "NAME", "Values": [wanted], "Condition": "EQ"}]
    request: Json = {"Filters": filters}
    while True:
        page = _call(ctx, "ListNamespaces", request)
        for item in page["Namespaces"]:
            if wanted in (item["Arn"], item["Name"]):
                found: Json = item
                return found
        if "NextToken" not in page:
            return None
        request["NextToken"] = page["NextToken"]


def namespace_arn(ctx: Context, wanted: str) -> str:
    """Of a name or an ARN. Raises NamespaceNotFoundException."""
    found = _namespace(ctx, wanted)
    if found is None:
        raise _no_namespace(wanted)
    return str(found["Arn"])


def _no_namespace(wanted: str) -> AwsError:
    return AwsError("NamespaceNotFoundException", f"The specified namespace was not found: {wanted}.")


def _call(ctx: Context, operation: str, request: Json) -> Json:
    return ctx.as_service(SERVICE).call_now("servicediscovery", operation, request)


# -- a service's configuration -------------------------------------------------------------------------


def configure(ctx: Context, cluster: Json, service: Json, given: Json, definition: Json) -> None:
    """Puts `serviceConnectConfiguration` into the service, and makes what it needs in Cloud Map.

    Raises InvalidParameterException, NamespaceNotFoundException.
    """
    service["serviceConnectConfiguration"], service["serviceConnectResources"] = given, []
    service.pop("_namespace", None)
    if not given["enabled"]:
        return
    wanted = given.get("namespace") or cluster.get("serviceConnectDefaults", {}).get("namespace")
    if not wanted:
        raise invalid("Service Connect requires a namespace: specify one or set the cluster's default namespace.")
    namespace = _namespace(ctx, wanted)
    if namespace is None:
        raise _no_namespace(wanted)
    check(given, definition)
    service["_namespace"] = namespace["Arn"]
    made: dict[str, str] = service.setdefault("_connect_made", {})  # discovery name -> ARN, deleted with the service
    for entry in given.get("services", ()):
        name = _discovery_name(entry)
        if name not in made:
            made[name] = _create(ctx, name, namespace)
        service["serviceConnectResources"].append({"discoveryName": name, "discoveryArn": made[name]})


def check(given: Json, definition: Json) -> None:
    """Whether the ports are those of the definition. Raises InvalidParameterException."""
    ports, seen = _ports(definition), set()
    for entry in given.get("services", ()):
        if entry["portName"] not in ports:
            text = f"portName({entry['portName']}) does not refer to any named PortMapping in the task definition."
            raise invalid(text)
        name, aliases = _discovery_name(entry), entry.get("clientAliases", ())
        if name in seen:
            raise invalid(f"discoveryName({name}) should be unique in the Service Connect configuration.")
        if len(aliases) > MAX_ALIASES:
            raise invalid(f"clientAliases can have at most {MAX_ALIASES} items.")
        seen.add(name)


def _discovery_name(entry: Json) -> str:
    return str(entry.get("discoveryName") or entry["portName"])


def _ports(definition: Json) -> dict[str, int]:
    mappings = [mapping for own in definition["containerDefinitions"] for mapping in own["portMappings"]]
    return {item["name"]: item["containerPort"] for item in mappings if "name" in item and "containerPort" in item}


def _create(ctx: Context, name: str, namespace: Json) -> str:
    try:
        made = _call(ctx, "CreateService", {"Name": name, "NamespaceId": namespace["Id"], "Type": "HTTP"})
    except AwsError as error:
        if error.code != "ServiceAlreadyExists":
            raise
        raise invalid(f"discoveryName({name}) is already used in the namespace {namespace['Name']}.") from error
    return str(made["Service"]["Arn"])


def forget(ctx: Context, service: Json) -> None:
    """The service is gone: so is what was made for it."""
    for arn in service.get("_connect_made", {}).values():
        try:
            _call(ctx, "DeleteService", {"Id": names.last(arn)})
        except AwsError:  # somebody has deleted it, or registered something of his own in it
            continue


# -- what others ask -----------------------------------------------------------------------------------


def registries(service: Json, definition: Json) -> list[Json]:
    """Where tasks are registered for Service Connect, in the form of `serviceRegistries`."""
    entries = service.get("serviceConnectConfiguration", {}).get("services", ())
    ports = _ports(definition)
    return [
        {"registryArn": resource["discoveryArn"], "containerPort": ports.get(entry["portName"], 0)}
        for entry, resource in zip(entries, service.get("serviceConnectResources", ()), strict=False)
    ]


def aliases(ctx: Context, service: Json, definition: Json) -> list[Alias]:
    """Without a name of its own an alias is `<discovery name>.<namespace>`."""
    configuration, ports = service.get("serviceConnectConfiguration", {}), _ports(definition)
    if not configuration.get("enabled") or service["status"] != "ACTIVE":
        return []
    namespace = _namespace(ctx, service["_namespace"])
    suffix = namespace["Name"] if namespace else ""
    return [
        Alias(alias.get("dnsName") or f"{_discovery_name(entry)}.{suffix}", alias["port"], ports[entry["portName"]])
        for entry in configuration.get("services", ())
        for alias in entry.get("clientAliases", ())
        if entry["portName"] in ports
    ]
