#!/bin/sh
# Ten invoices are sent together. One task on Fargate makes PDFs of them, and ends.
#
#   QUEUE_URL=... BUCKET_NAME=... examples/invoices.sh
set -eu
prefix=example-$(date +%s)

aws() { # version 1 of the AWS CLI finds a local SQS by this option only
    command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --output text "$@"
}

until_it_says() { # how often it is to say it, what, command
    times=$1 what=$2
    shift 2
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        said=$("$@") || true
        [ "$(echo "$said" | grep -c "$what")" -eq "$times" ] && echo "$said" && return
        sleep 3
    done
    echo "not after a minute" >&2
    return 1
}

entries=
for n in 0 1 2 3 4 5 6 7 8 9; do
    invoice="{\"invoiceNumber\": \"$prefix-$n\", \"customer\": \"Ada Lovelace\", \"lines\": [{\"description\": \"Pen\", \"quantity\": $((n + 1)), \"unitPrice\": \"10.50\"}]}"
    entries="$entries${entries:+, }{\"Id\": \"$n\", \"MessageBody\": \"$(echo "$invoice" | sed 's/"/\\"/g')\"}"
done
echo "> aws sqs send-message-batch, ten invoices"
aws sqs send-message-batch --queue-url "$QUEUE_URL" --entries "[$entries]" --query 'length(Successful)'

echo "> aws s3 ls, until the task has made them"
until_it_says 10 'pdf$' aws s3 ls "s3://$BUCKET_NAME/invoices/$prefix-"

echo "> aws sqs get-queue-attributes, until the workflow has looked, and the pipe has removed the messages: none is left"
until_it_says 1 '^0$' aws sqs get-queue-attributes --queue-url "$QUEUE_URL" \
    --attribute-names ApproximateNumberOfMessagesNotVisible --query Attributes.ApproximateNumberOfMessagesNotVisible
