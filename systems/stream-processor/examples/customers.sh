#!/bin/sh
# Five customers are posted, and are in the table when the command ends.
#
#   API_URL=... TABLE=... examples/customers.sh
set -eu
prefix=example-$(date +%s)

for n in 1 2 3 4 5; do
    curl -sS --fail-with-body "$API_URL" -H 'Content-Type: application/json' \
        -d "{\"customerId\": \"$prefix-$n\", \"firstName\": \"Ada $n\"}"
    echo
done
for n in 1 2 3 4 5; do
    until aws dynamodb get-item --table-name "$TABLE" --key "{\"customerId\": {\"S\": \"$prefix-$n\"}}" \
        --query 'Item.[customerId.S, firstName.S]' --output text | grep "$prefix"; do
        sleep 1
    done
done
