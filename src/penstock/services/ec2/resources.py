"""CloudFormation types of EC2's networks, in one table.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from penstock.services.ec2 import resources_endpoints, resources_network, resources_routing, resources_security

TABLE = (
    *resources_network.TABLE,
    *resources_routing.TABLE,
    *resources_security.TABLE,
    *resources_endpoints.TABLE,
)
