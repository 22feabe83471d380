"""What IAM says of the ARNs in the Resource and NotResource elements of an identity's policy. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

_PARTITIONS = {
    "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc",
}  # fmt: skip
_IAM_PATHS = (
    "user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate", "policy", "sms-mfa",
    "saml-provider", "oidc-provider", "report", "access-report",
)  # fmt: skip
_REGIONLESS = {
    "iam": "IAM resource {} cannot contain region information.",
    "s3": "Resource {} can not contain region information.",
}
_WITH_REGION = ("accesspoint/", "*")
_WILD = ("*", "?", "$")


def fault(name: str) -> str | None:
    """What is wrong with a resource's name, in IAM's words."""
    if name == "*":
        return None
    if ":" not in name:
        return f'Resource {name} must be in ARN format or "*".'
    _, partition, *rest = name.split(":", 5)
    if partition not in _PARTITIONS and not _wild(partition):
        shown = ":".join([*rest, "*", "*", "*", "*"][: max(4, len(rest))])
        return f'Partition "{partition}" is not valid for resource "arn:{partition}:{shown}".'
    if not rest:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    return _of_service(name, *[*rest, "", "", ""][:4])


def _of_service(name: str, service: str, region: str, _account: str, path: str) -> str | None:
    if service in _REGIONLESS and region and not _wild(region) and not path.startswith(_WITH_REGION):
        return _REGIONLESS[service].format(name)
    kind = path.partition("/")[0]
    if service == "iam" and kind not in _IAM_PATHS and not _wild(kind):
        return f'IAM resource path must either be "*" or start with {", ".join(f"{kind}/" for kind in _IAM_PATHS)}.'
    return None


def complete(name: str) -> bool:
    """Has the name the six parts of an ARN, with a service among them? What is short of them ends in no `::`."""
    return name == "*" or (name.split(":")[2] != "" and (name.count(":") >= 5 or "::" not in name))


def _wild(part: str) -> bool:
    return any(sign in part for sign in _WILD)
