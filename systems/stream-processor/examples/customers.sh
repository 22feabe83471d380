#!/bin/sh
# Five customers are posted. Tasks on Fargate store them, one for the batch of each shard, and end.
#
#   API_URL=... TABLE_NAME=... examples/customers.sh
set -eu
prefix=example-$(date +%s)

for n in 1 2 3 4 5; do
    echo "> POST $API_URL $prefix-$n"
    curl --silent --show-error --fail "$API_URL" --header 'Content-Type: application/json' \
        --data "{\"customerId\": \"$prefix-$n\", \"firstName\": \"Ada $n\"}"
    echo
done

echo "> the customers in the table, when they have come through stream, pipe and task"
for n in 1 2 3 4 5; do
    until aws dynamodb get-item --table-name "$TABLE_NAME" --key "{\"customerId\": {\"S\": \"$prefix-$n\"}}" \
        --query 'Item.[customerId.S, firstName.S]' --output text | grep "$prefix"; do
        sleep 1
    done
done
