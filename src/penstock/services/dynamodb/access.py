"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from typing import Any

from penstock.call import Context
from penstock.services.dynamodb.state import table_arn


def resource(ctx: Context, operation: str, request: dict[str, Any]) -> str:
    """The table's ARN, the index's where one is read, `*` where a request names no table or several."""
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    names = _tables(request)
    if len(names) != 1:
        return "*"
    [name] = names
    arn = name if name.startswith("arn:") else table_arn(ctx, name)
    return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else arn


def _tables(request: dict[str, Any]) -> set[str]:
    if "TableName" in request:
        return {request["TableName"]}
    if "RequestItems" in request:
        return set(request["RequestItems"])
    return {action["TableName"] for entry in request.get("TransactItems", ()) for action in entry.values()}
