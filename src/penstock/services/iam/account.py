"""The account: what it has, and how much it may have, its alias, and what passwords have to be.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html, API_CreateAccountAlias.html,
API_UpdateAccountPasswordPolicy.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.iam import store
from penstock.wire.model import Json

# AWS's default quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_QUOTAS = {
    "AccessKeysPerUserQuota": 2,
    "AssumeRolePolicySizeQuota": 2048,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "GlobalEndpointTokenVersion": 1,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10,
    "GroupsQuota": 300,
    "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUseQuota": 10000,
    "RolePolicySizeQuota": 10240,
    "RolesQuota": 1000,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2048,
    "UsersQuota": 5000,
    "VersionsPerPolicyQuota": 5,
}


# What this machine's accounts have none of: devices, certificates, identity providers.
_NONE = dict.fromkeys(
    (
        "AccountAccessKeysPresent",
        "AccountMFAEnabled",
        "AccountSigningCertificatesPresent",
        "MFADevices",
        "MFADevicesInUse",
        "Providers",
        "ServerCertificates",
    ),
    0,
)


def get_account_summary(ctx: Context, request: Json) -> Json:
    counted: dict[str, int] = dict(ctx.store.all(store.COUNT_ENTITIES, ctx.account))
    policies, versions = ctx.store.one(store.COUNT_POLICIES, ctx.account) or (0, 0)
    counts = {
        "Groups": counted.get("group", 0),
        "InstanceProfiles": counted.get("instance-profile", 0),
        "Policies": policies,
        "PolicyVersionsInUse": versions,
        "Roles": counted.get("role", 0),
        "Users": counted.get("user", 0),
    }
    return {"SummaryMap": _QUOTAS | _NONE | counts}


# -- alias -------------------------------------------------------------------------------------------


def create_account_alias(ctx: Context, request: Json) -> Json:
    """An account has one alias: a second one takes its place."""
    alias = request["AccountAlias"]
    if ctx.store.one(store.ACCOUNT_OF, alias) not in (None, (ctx.account,)):
        raise AwsError("EntityAlreadyExistsException", f"The account alias {alias} already exists.")
    ctx.store.run(store.PUT_ALIAS, ctx.account, alias)
    return {}


def list_account_aliases(ctx: Context, request: Json) -> Json:
    return {"AccountAliases": [alias for (alias,) in ctx.store.all(store.ALIAS, ctx.account)], "IsTruncated": False}


def delete_account_alias(ctx: Context, request: Json) -> Json:
    alias = request["AccountAlias"]
    if not ctx.store.run(store.DELETE_ALIAS, ctx.account, alias):
        raise AwsError("NoSuchEntityException", f"The Account Alias with name {alias} cannot be found.")
    return {}


# -- password policy ---------------------------------------------------------------------------------

_REQUIREMENTS = ("Symbols", "Numbers", "UppercaseCharacters", "LowercaseCharacters")
_LEAST_LENGTH = 6


def update_account_password_policy(ctx: Context, request: Json) -> Json:
    """What is not given is not kept, but goes back to its default. A policy is kept only: no user signs in here."""
    age = request.get("MaxPasswordAge", 0)
    policy: Json = {f"Require{name}": request.get(f"Require{name}", False) for name in _REQUIREMENTS}
    policy |= {
        "MinimumPasswordLength": request.get("MinimumPasswordLength", _LEAST_LENGTH),
        "AllowUsersToChangePassword": request.get("AllowUsersToChangePassword", False),
        "ExpirePasswords": bool(age),
    }
    policy |= {name: request[name] for name in ("PasswordReusePrevention", "HardExpiry") if name in request}
    if age:
        policy["MaxPasswordAge"] = age
    ctx.store.run(store.PUT_PASSWORD_POLICY, ctx.account, orjson.dumps(policy).decode())
    return {}


def get_account_password_policy(ctx: Context, request: Json) -> Json:
    row = ctx.store.one(store.PASSWORD_POLICY, ctx.account)
    if row is None:
        message = f"The Password Policy with domain name {ctx.account} cannot be found."
        raise AwsError("NoSuchEntityException", message)
    return {"PasswordPolicy": orjson.loads(row[0])}


def delete_account_password_policy(ctx: Context, request: Json) -> Json:
    if not ctx.store.run(store.DELETE_PASSWORD_POLICY, ctx.account):
        raise AwsError("NoSuchEntityException", "The account policy with name PasswordPolicy cannot be found.")
    return {}
