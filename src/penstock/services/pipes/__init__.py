"""Amazon EventBridge Pipes. Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/"""

from penstock.call import Service, TagListing
from penstock.services.pipes import access, pipes, resources, runner, store, tags
from penstock.services.pipes.state import State

SERVICE = Service(
    name="pipes",
    operations=(pipes, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "resourceArn", "tags"),
    passes={"CreatePipe": ("RoleArn",), "UpdatePipe": ("RoleArn",)},
    state=State,
    start=runner.resume,
    stop=runner.stop_all,
)
