import json


def handler(event, context):
    order = json.loads(event["body"])
    total = sum(line["price"] * line["quantity"] for line in order["lines"])
    return {"statusCode": 200, "body": json.dumps({"id": order["id"], "total": total})}
