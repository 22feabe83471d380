"""Writes down what it was called by: the source of the event, once."""

import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["SEEN"])


def source_of(event):
    if "requestContext" in event:
        return "http" if "rawPath" in event else "api"
    if "awslogs" in event:
        return "logs"
    if "Records" in event:
        record = event["Records"][0]
        return record.get("eventSource") or record["EventSource"]
    return event.get("source") or event["kind"]


def handler(event, context):
    table.put_item(Item={"id": source_of(event), "event": json.dumps(event)})
    return {"statusCode": 200, "body": "seen"}
