"""The account: what it has, and how much it may have.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

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
