#!/bin/sh
# A short link is made, followed twice, and says so.
#
#   API_URL=... examples/links.sh [url]
set -eu
url=${1:-https://example.com/a/long/way}

echo "> POST ${API_URL%/}/links"
created=$(curl --silent --show-error --fail "${API_URL%/}/links" \
    --header 'Content-Type: application/json' --data "{\"url\": \"$url\"}")
echo "$created"
code=$(echo "$created" | sed 's/.*"code":"\([^"]*\)".*/\1/')

for _ in 1 2; do
    echo "> GET ${API_URL%/}/$code"
    curl --silent --show-error --fail --output /dev/null --write-out '%{http_code} %{redirect_url}\n' "${API_URL%/}/$code"
done

echo "> GET ${API_URL%/}/links/$code"
curl --silent --show-error --fail "${API_URL%/}/links/$code"
echo
