"""How AWS says no. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Callable

from penstock.iam.evaluate import Decision, Effect, Kind, Request

# Services that spell actions in messages as nobody writes them in policies.
_SPELLED: dict[str, Callable[[str], str]] = {
    "sns": lambda action: f"SNS:{action[4:]}",
    "sqs": str.lower,
}
_ARTICLES = {Kind.IDENTITY: "an", Kind.TRUST: "the"}


def text(request: Request, decision: Decision) -> str:
    """Who may not do what to which resource, and because of which kind of policy."""
    service = request.action.partition(":")[0]
    action = _SPELLED.get(service, str)(request.action)
    resource = f'"{request.resource}"' if service == "s3" else request.resource
    who = f"User: {request.principal.arn} is not authorized to perform: {action} on resource: {resource}"
    return f"{who} {_reason(action, decision)}"


def _reason(action: str, decision: Decision) -> str:
    kind = decision.kind or Kind.IDENTITY
    if decision.effect is Effect.EXPLICIT_DENY:
        return f"with an explicit deny in {_ARTICLES.get(kind, 'a')} {kind}"
    return f"because no {kind} allows the {action} action"
