"""Where logs of load balancers go in a bucket, and as whom they are put there.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.principal import Principal

_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
_TEST_FILE = "ELBAccessLogTestFile"
# region -> the account of load balancing there, which buckets' policies name in the regions older than the service's
# own principal.
_ACCOUNTS = {
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "eu-north-1": "897822967062",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-south-1": "718504428378",
    "sa-east-1": "507241528517",
}


def folder(prefix: str, account: str) -> str:
    """The beginning of all keys."""
    return f"{prefix}/AWSLogs/{account}/" if prefix else f"AWSLogs/{account}/"


async def put(ctx: Context, bucket: str, key: str, body: bytes) -> None:
    """As the service, or else as its account in the region. Raises what S3 raises."""
    request = {"Bucket": bucket, "Key": key, "Body": body}
    try:
        await ctx.at(principal=Principal.service(_SERVICE, ctx.account)).call("s3", "PutObject", request)
    except AwsError as error:
        if error.code != "AccessDenied" or ctx.region not in _ACCOUNTS:
            raise
        await ctx.at(principal=Principal.root(_ACCOUNTS[ctx.region])).call("s3", "PutObject", request)


async def check(ctx: Context, bucket: str, prefix: str) -> None:
    """Leaves the file that AWS leaves. Raises InvalidConfigurationRequest where that is not allowed."""
    try:
        await put(ctx, bucket, folder(prefix, ctx.account) + _TEST_FILE, b"Enable AccessLog for ELB: success\n")
    except AwsError:
        raise AwsError(
            "InvalidConfigurationRequestException",
            f"Access Denied for bucket: {bucket}. Please check S3bucket permission",
        ) from None
