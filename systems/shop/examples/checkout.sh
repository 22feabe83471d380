#!/bin/sh
# A purchase, from the catalogue to the stored order. The checkout is sent twice, with one key: there is one order.
#
#   PRODUCT_API_URL=... BASKET_API_URL=... ORDER_API_URL=... examples/checkout.sh [user]
set -eu
user=${1:-swn}
key=$user-$(date +%s)

send() { # method, url, body, more of curl's arguments
    method=$1 url=$2 body=$3
    shift 3
    echo "> $method $url"
    answer=$(curl --silent --show-error --fail --request "$method" --header 'Content-Type: application/json' --data "$body" "$@" "$url")
    echo "$answer"
}

send POST "${PRODUCT_API_URL%/}/product" '{"name": "Fountain pen", "price": 19.99, "category": "Office"}'

send POST "${BASKET_API_URL%/}/basket" '{
  "userName": "'"$user"'",
  "items": [{"productId": "fountain-pen", "productName": "Fountain pen", "color": "blue", "quantity": 2, "price": 19.99}]
}'

purchase='{
  "userName": "'"$user"'", "firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com",
  "address": "12 St James'\''s Square", "paymentMethod": "card", "cardInfo": "4111 1111 1111 1111"
}'
send POST "${BASKET_API_URL%/}/basket/checkout" "$purchase" --header "Idempotency-Key: $key"
send POST "${BASKET_API_URL%/}/basket/checkout" "$purchase" --header "Idempotency-Key: $key"

order=$(echo "$answer" | sed 's/.*"orderId":"\([^"]*\)".*/\1/')

# The order arrives by way of the bus and the queue.
echo "> GET ${ORDER_API_URL%/}/order/$user"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    orders=$(curl --silent --show-error --fail "${ORDER_API_URL%/}/order/$user")
    case $orders in *"$order"*) echo "$orders" && exit 0 ;; esac
    sleep 1
done
echo "no order after 10 seconds" >&2
exit 1
