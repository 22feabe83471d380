"""Which events of a bucket are told to whom: the configuration, checked against its destinations.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.targets import Call, Delivery, call_for
from penstock.iam.principal import Principal
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.events import PARAMETERS, TARGETS, test_event
from penstock.services.s3.names import bucket_arn
from penstock.services.s3.state import Bucket, bucket_of, change
from penstock.wire.model import Json

_NAMES = frozenset({"prefix", "suffix"})
# member with the ARN -> service, what it is called in the XML, and in messages
_DESTINATIONS = {
    "QueueArn": ("sqs", "Queue", "queue"),
    "TopicArn": ("sns", "Topic", "topic"),
    "LambdaFunctionArn": ("lambda", "CloudFunction", "Lambda"),
}
_GONE = "The destination {} does not exist"
_FORBIDDEN = "Permissions on the destination {} do not allow S3 to publish notifications from this bucket"
_UNTOLD = "Unable to validate the following destination configurations"


def put_bucket_notification_configuration(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    given = request["NotificationConfiguration"]
    known = ctx.kernel.loaded("s3").model.shapes["Event"]["enum"]
    kept: Json = {}
    for kind, member in TARGETS.items():
        if given.get(kind):
            kept[kind] = [_checked(bucket, wanted, member, known) for wanted in given[kind]]
    if "EventBridgeConfiguration" in given:
        kept["EventBridgeConfiguration"] = {}
    _check_names(kept)
    if not request.get("SkipDestinationValidation"):
        _check_destinations(ctx, bucket, kept)
    change(ctx, bucket, "notification", kept or None)
    return {}


def get_bucket_notification_configuration(ctx: Context, request: Json) -> Json:
    found: Json = bucket_of(ctx, request).settings.get("notification", {})
    return found


def _checked(bucket: Bucket, wanted: Json, member: str, known: list[str]) -> Json:
    for event in wanted["Events"]:
        if event not in known:
            raise invalid_argument("The event is not supported for notifications", "Event", event)
    _check_arn(bucket, wanted[member], member)
    kept = {**wanted, "Id": wanted.get("Id") or ids.uuid()}
    if "Filter" in wanted:
        rules = wanted["Filter"].get("Key", {}).get("FilterRules", ())
        kept["Filter"] = {"Key": {"FilterRules": [_rule(rule) for rule in rules]}}
    return kept


def _rule(rule: Json) -> Json:
    """Its name in the case in which S3 shows it."""
    name = rule.get("Name", "")
    if name.lower() not in _NAMES:
        raise invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", name)
    return {**rule, "Name": name.capitalize()}


def _check_arn(bucket: Bucket, text: str, member: str) -> None:
    """It is of the service that the configuration is for, and in the bucket's region."""
    service, shown, _ = _DESTINATIONS[member]
    try:
        found = Arn.parse(text)
    except ValueError:
        raise invalid_argument("The ARN could not be parsed", shown, text) from None
    if found.service != service:
        raise invalid_argument("The ARN is not well formed", shown, text)
    if found.region != bucket.region:
        raise invalid_argument(
            "The notification destination service region is not valid for the bucket location constraint", shown, text
        )


def _check_names(kept: Json) -> None:
    found = [wanted["Id"] for kind in TARGETS for wanted in kept.get(kind, ())]
    if len(set(found)) < len(found):
        raise invalid_argument("Same ID used for multiple configurations. IDs must be unique")


def _check_destinations(ctx: Context, bucket: Bucket, kept: Json) -> None:
    """Queues and topics are sent a test; a function has to be there, and to let the bucket call it."""
    missing: Json = {}
    for kind, member in TARGETS.items():
        for wanted in kept.get(kind, ()):
            try:
                _try(ctx, bucket, kind, wanted[member])
            except AwsError as failed:
                if failed.code == "NotImplemented":
                    raise
                count, why = len(missing) // 2 + 1, _FORBIDDEN if failed.status == 403 else _GONE
                missing[f"ArgumentName{count}"] = wanted[member]
                missing[f"ArgumentValue{count}"] = why.format(_DESTINATIONS[member][2])
    if missing:
        raise AwsError("InvalidArgument", _UNTOLD, status=400, **missing)


def _try(ctx: Context, bucket: Bucket, kind: str, target: str) -> None:
    arn = Arn.parse(target)
    service = Principal.service("s3.amazonaws.com", bucket.account, bucket_arn(bucket.name))
    there = ctx.at(account=arn.account, region=arn.region, principal=service)
    if kind == "LambdaFunctionConfigurations":
        there.call_now("lambda", "GetFunctionConfiguration", {"FunctionName": target})
        there.ask("lambda:InvokeFunction", target)
        return
    test = Delivery(bucket_arn(bucket.name), target, test_event(ctx, bucket), 0.0, PARAMETERS.get(kind, {}))
    call = call_for(test, ctx.config.endpoint)
    if isinstance(call, Call):  # an ARN of S3's kinds of targets is never one for HTTP
        there.call_now(call.service, call.operation, call.request)
