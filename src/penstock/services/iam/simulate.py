"""What would IAM say? The policy simulator, and the context keys that policies look at.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterable
from itertools import product

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.context import simulated
from penstock.iam.evaluate import Decision, Policies, Request, decide
from penstock.iam.patterns import Context as Keys
from penstock.iam.policy import Policy, PolicyError, parse
from penstock.iam.principal import Principal
from penstock.services.iam import entities, policies, store
from penstock.services.iam.entities import GROUP, USER, Entity
from penstock.wire.model import Json


def simulate_principal_policy(ctx: Context, request: Json) -> Json:
    entity = _source(ctx, request["PolicySourceArn"])
    identity = (*policies_of(ctx, entity), *_parsed(request.get("PolicyInputList", ()), "PolicyInputList"))
    boundary = _boundary(request, boundary_of(ctx, entity))
    caller = request.get("CallerArn")
    return _results(ctx, request, identity, boundary, _acting(caller) if caller else _principal(entity))


def simulate_custom_policy(ctx: Context, request: Json) -> Json:
    identity = _parsed(request["PolicyInputList"], "PolicyInputList")
    caller = request.get("CallerArn")
    who = _acting(caller) if caller else Principal.user(f"arn:aws:iam::{ctx.account}:user/simulated", ctx.account, "")
    return _results(ctx, request, identity, _boundary(request, None), who)


def get_context_keys_for_custom_policy(ctx: Context, request: Json) -> Json:
    return {"ContextKeyNames": _keys(_parsed(request["PolicyInputList"], "PolicyInputList"))}


def get_context_keys_for_principal_policy(ctx: Context, request: Json) -> Json:
    entity = _source(ctx, request["PolicySourceArn"])
    given = _parsed(request.get("PolicyInputList", ()), "PolicyInputList")
    return {"ContextKeyNames": _keys((*policies_of(ctx, entity), *given))}


# -- the policies of an entity -----------------------------------------------------------------------


def policies_of(ctx: Context, entity: Entity) -> tuple[Policy, ...]:
    """All policies that speak for a role, group or user: inline and attached ones, and those of a user's groups."""
    found = [parse(document, name) for name, document in ctx.store.all(store.INLINE_OF, entity.id, "")]
    for _, arn in ctx.store.all(store.ATTACHED_TO, entity.id, 0):
        document = policies.document_of(ctx, arn)
        if document is not None:
            found.append(parse(document, arn))
    if entity.kind == USER.name:
        for group in map(Entity.of, ctx.store.all(store.CONTAINERS, entity.id, GROUP.name, "")):
            found += policies_of(ctx, group)
    return tuple(found)


def unknown_to(ctx: Context, entity: Entity) -> tuple[str, ...]:
    """The managed policies attached to an entity whose documents are not known here: they allow nothing."""
    arns = (arn for _, arn in ctx.store.all(store.ATTACHED_TO, entity.id, 0))
    return tuple(arn for arn in arns if policies.document_of(ctx, arn) is None)


def boundary_of(ctx: Context, entity: Entity) -> tuple[Policy, ...] | None:
    """The permissions boundary of a role or user, or None."""
    arn = entity.settings.get("PermissionsBoundary")
    if arn is None:
        return None
    document = policies.document_of(ctx, arn)
    return () if document is None else (parse(document, arn),)


def _source(ctx: Context, arn: str) -> Entity:
    row = ctx.store.one(store.ENTITY_BY_ARN, arn)
    if row is None:
        raise AwsError("NoSuchEntityException", f"The entity with ARN {arn} cannot be found.")
    return Entity.of(row)


def _principal(entity: Entity) -> Principal:
    if entity.kind == "role":
        return Principal.role_session(entity.account, entity.name, "simulated", entity.id)
    return Principal.user(entity.arn, entity.account, entity.id)


def _acting(arn: str) -> Principal:
    try:
        account = Arn.parse(arn).account
    except ValueError:
        raise AwsError("InvalidInputException", f"CallerArn {arn} is not valid.") from None
    return Principal.user(arn, account, "")


def _parsed(documents: Iterable[str], member: str) -> tuple[Policy, ...]:
    try:
        return tuple(parse(document, f"{member}.{number}") for number, document in enumerate(documents, 1))
    except PolicyError as error:
        raise AwsError("InvalidInputException", f"Invalid {member}: {error}") from None


def _boundary(request: Json, known: tuple[Policy, ...] | None) -> tuple[Policy, ...] | None:
    member = "PermissionsBoundaryPolicyInputList"
    return _parsed(request[member], member) if member in request else known


def _keys(found: Iterable[Policy]) -> list[str]:
    return sorted({key for policy in found for key in policy.keys})


# -- results -----------------------------------------------------------------------------------------


def _results(
    ctx: Context, request: Json, identity: tuple[Policy, ...], boundary: tuple[Policy, ...] | None, who: Principal
) -> Json:
    resource = _parsed([request["ResourcePolicy"]], "ResourcePolicy") if "ResourcePolicy" in request else ()
    spoken = Policies(identity=identity, resource=resource, boundary=boundary)
    given = {entry["ContextKeyName"]: entry.get("ContextKeyValues", []) for entry in request.get("ContextEntries", ())}
    context = simulated(who, ctx.clock.now(), given)
    asked = product(request["ActionNames"], request.get("ResourceArns", ["*"]))
    found = [_result(Request(who, action, resource, context), spoken) for action, resource in asked]
    after = entities.marker(request, 0)
    shown, end = entities.page(request, enumerate(found[after:], after + 1), lambda numbered: numbered[0])
    return {"EvaluationResults": [result for _, result in shown], **end}


def _result(request: Request, spoken: Policies) -> Json:
    decision = decide(request, spoken)
    result: Json = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": str(decision.effect),
        "MatchedStatements": _matched(decision),
        "MissingContextValues": _missing(spoken.identity + spoken.resource, request.context),
    }
    if spoken.boundary is not None:
        allowed = decide(request, Policies(identity=spoken.boundary)).allowed
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return result


def _matched(decision: Decision) -> list[Json]:
    return [
        {
            "SourcePolicyId": policy.name,
            "SourcePolicyType": "Resource Policy" if policy.name.startswith("ResourcePolicy.") else "IAM Policy",
        }
        for policy, _ in decision.matched
    ]


def _missing(spoken: Iterable[Policy], context: Keys) -> list[str]:
    return [key for key in _keys(spoken) if key.lower() not in context]
