#!/bin/sh
# A payload fails, and waits. When the cause is mended it is redriven, and the customer stored.
#
#   API_URL=... TABLE_NAME=... FAILURE_QUEUE_URL=... FAILURE_QUEUE_ARN=... REDRIVE_QUEUE_ARN=... \
#       DRILLS_PARAMETER_NAME=... examples/redrive.sh
set -eu
id=redriven-$(date +%s)

aws() { # version 1 of the AWS CLI finds a local SQS by this option only
    command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
}

drills() {
    echo "> drills are $1"
    aws ssm put-parameter --name "$DRILLS_PARAMETER_NAME" --value "$1" --overwrite --output text
}

drills on
echo "> POST $API_URL force-failure"
curl --silent --show-error --fail "$API_URL" --header 'Content-Type: application/json' \
    --data "{\"customerId\": \"$id\", \"firstName\": \"force-failure\"}"
echo

echo "> the message in the failure queue"
until aws sqs receive-message --queue-url "$FAILURE_QUEUE_URL" --visibility-timeout 0 --wait-time-seconds 5 \
    --query 'Messages[].Body' --output text | grep bucketKey; do
    :
done

trap 'drills on' EXIT
drills off
echo "> the redrive"
aws sqs start-message-move-task --source-arn "$FAILURE_QUEUE_ARN" --destination-arn "$REDRIVE_QUEUE_ARN" \
    --query 'TaskHandle' --output text
until aws dynamodb get-item --table-name "$TABLE_NAME" --key "{\"customerId\": {\"S\": \"$id\"}}" \
    --query 'Item.[customerId.S, firstName.S]' --output text | grep "$id"; do
    sleep 1
done
