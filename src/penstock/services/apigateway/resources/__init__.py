"""CloudFormation types of REST APIs, in one table.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from penstock.services.apigateway.resources import access, apis, documentation, domains, methods, stages

TABLE = (
    *apis.TABLE,
    *methods.TABLE,
    *stages.TABLE,
    *access.TABLE,
    *documentation.TABLE,
    *domains.TABLE,
)
