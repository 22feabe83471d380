"""Works on what is in the queue that QueueProcessingFargateService names."""

import os

import boto3

sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName=os.environ["QUEUE_NAME"])["QueueUrl"]
while True:
    for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []):
        print("worked on", message["Body"], flush=True)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
