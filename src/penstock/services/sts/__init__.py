"""AWS Security Token Service. Source: https://docs.aws.amazon.com/STS/latest/APIReference/"""

from penstock.call import Service
from penstock.services.sts import access, sessions, store

SERVICE = Service(
    name="sts",
    operations=(sessions,),
    schema=store.SCHEMA,
    resource=access.resource,
    policy=access.policy,
    keys=access.keys,
    validation_code="ValidationError",
    start=sessions.start,
)
