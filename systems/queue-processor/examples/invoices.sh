#!/bin/sh
# Ten invoices are sent, and wait in the bucket when the command ends.
#
#   QUEUE_URL=... BUCKET=... examples/invoices.sh
set -eu
prefix=example-$(date +%s)

aws() { # version 1 of the AWS CLI finds a local SQS by this option only
    command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
}

for n in 0 1 2 3 4 5 6 7 8 9; do
    aws sqs send-message --queue-url "$QUEUE_URL" --output text --query MessageId --message-body \
        "{\"invoiceNumber\": \"$prefix-$n\", \"customer\": \"Ada Lovelace\", \"lines\": [{\"description\": \"Pen\", \"quantity\": $((n + 1)), \"unitPrice\": \"10.50\"}]}"
done
for n in 0 1 2 3 4 5 6 7 8 9; do
    aws s3api wait object-exists --bucket "$BUCKET" --key "invoices/$prefix-$n.pdf"
    echo "invoices/$prefix-$n.pdf"
done
