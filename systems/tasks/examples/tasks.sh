#!/bin/sh
# A task is created, changed, found by a word of its new summary, and deleted.
#
#   API_URL=... examples/tasks.sh
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
