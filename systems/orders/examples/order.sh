#!/bin/sh
# An order becomes a shipment. The order is sent twice, with one key: there is one order.
#
#   ORDER_SERVICE_URL=... SHIPMENT_LOOKUP_FUNCTION=... examples/order.sh [customer]
set -eu
customer=${1:-ada}
key=$customer-$(date +%s)
question=$(mktemp) answer=$(mktemp)
trap 'rm -f "$question" "$answer"' EXIT

for _ in 1 2; do
    echo "> POST $ORDER_SERVICE_URL/order"
    placed=$(curl --silent --show-error --fail "$ORDER_SERVICE_URL/order" \
        --header 'Content-Type: application/json' --header "Idempotency-Key: $key" \
        --data "{\"customerId\": \"$customer\"}")
    echo "$placed"
done
number=$(echo "$placed" | sed 's/.*"orderNumber":"\([^"]*\)".*/\1/')

# The shipment arrives by way of the bus, the queue and the proxy.
echo "> $SHIPMENT_LOOKUP_FUNCTION $number"
echo "{\"orderNumber\": \"$number\"}" >"$question"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    aws lambda invoke --function-name "$SHIPMENT_LOOKUP_FUNCTION" --payload "fileb://$question" "$answer" >/dev/null
    grep -q '"status": *200' "$answer" && cat "$answer" && echo && exit 0
    sleep 1
done
echo "no shipment after 10 seconds" >&2
exit 1
