"""CloudFormation types of EC2's networks, in one table.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from penstock.services.ec2.resources import endpoints, network, routing, security

TABLE = (*network.TABLE, *routing.TABLE, *security.TABLE, *endpoints.TABLE)
