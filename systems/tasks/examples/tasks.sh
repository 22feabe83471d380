#!/bin/sh
# A task is created, changed, found by a word of its new summary, and deleted. The audit log has an object of each event.
#
#   API_URL=... [AUDIT_BUCKET_NAME=...] examples/tasks.sh
set -eu
api=${API_URL%/}

send() { # method, path, body
    echo "> $1 $2"
    answer=$(curl --silent --show-error --fail --request "$1" "$api$2" \
        --header 'Content-Type: application/json' ${3:+--data "$3"})
    echo "$answer"
}

send POST /tasks '{"name": "My New Task", "summary": "Task Summary"}'
id=$(echo "$answer" | sed 's/.*"task":{"id":"\([^"]*\)".*/\1/')
send PATCH "/tasks/$id" '{"summary": "My new task summary, extraordinary"}'
send GET "/tasks/$id"

# The search index follows the log, by way of two streams.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    send GET '/tasks?q=extraordinary'
    case $answer in *"$id"*) break ;; esac
    sleep 1
done
case $answer in *"$id"*) ;; *) echo "not found after 10 seconds" >&2 && exit 1 ;; esac
send DELETE "/tasks/$id"

# So does the audit log.
[ -n "${AUDIT_BUCKET_NAME:-}" ] || exit 0
echo "> aws s3 ls --recursive s3://$AUDIT_BUCKET_NAME | grep $id"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    objects=$(aws s3 ls --recursive "s3://$AUDIT_BUCKET_NAME" | grep "$id" || true)
    [ "$(echo "$objects" | wc -l)" -eq 3 ] && echo "$objects" && exit 0
    sleep 1
done
echo "not three objects after 10 seconds" >&2
exit 1
