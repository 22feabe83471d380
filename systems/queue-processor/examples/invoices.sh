#!/bin/sh
# Ten invoices are sent together. One task on Fargate makes PDFs of them, and ends.
#
#   QUEUE_URL=... BUCKET_NAME=... examples/invoices.sh
set -eu
prefix=example-$(date +%s)

aws() { # version 1 of the AWS CLI finds a local SQS by this option only
    command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
}

entries=
for n in 0 1 2 3 4 5 6 7 8 9; do
    invoice="{\"invoiceNumber\": \"$prefix-$n\", \"customer\": \"Ada Lovelace\", \"lines\": [{\"description\": \"Pen\", \"quantity\": $((n + 1)), \"unitPrice\": \"10.50\"}]}"
    entries="$entries${entries:+, }{\"Id\": \"$n\", \"MessageBody\": \"$(echo "$invoice" | sed 's/"/\\"/g')\"}"
done
echo "> aws sqs send-message-batch (ten invoices)"
aws sqs send-message-batch --queue-url "$QUEUE_URL" --entries "[$entries]" --output text --query 'length(Successful)'

echo "> aws s3 ls s3://$BUCKET_NAME/invoices/$prefix- (until there are ten: the pipe collects for five seconds)"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    made=$(aws s3 ls "s3://$BUCKET_NAME/invoices/$prefix-" || true)
    [ "$(echo "$made" | grep -c 'pdf$')" -eq 10 ] && echo "$made" && exit 0
    sleep 3
done
echo "not all invoices after a minute" >&2
exit 1
