"""What an account may have, and its default VPC.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html
"""

from penstock.call import Context
from penstock.services.ec2 import items
from penstock.services.ec2.kinds import VPC
from penstock.wire.model import Json


def describe_account_attributes(ctx: Context, request: Json) -> Json:
    default = items.every(ctx, VPC, IsDefault=True)
    values = {  # the quotas of a new account
        "vpc-max-security-groups-per-interface": "5",
        "max-instances": "20",
        "supported-platforms": "VPC",
        "default-vpc": default[0]["VpcId"] if default else "none",
        "max-elastic-ips": "5",
        "vpc-max-elastic-ips": "5",
    }
    wanted = request.get("AttributeNames") or values
    attributes = [
        {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]}
        for name, value in values.items()
        if name in wanted
    ]
    return {"AccountAttributes": attributes}
