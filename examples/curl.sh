#!/usr/bin/env bash
# A whole fine-tune by curl:
#   OPENAI_BASE_URL=http://127.0.0.1:4010/v1 OPENAI_API_KEY=$(cat data/api-key) examples/curl.sh
set -euo pipefail
: "${OPENAI_BASE_URL:=http://127.0.0.1:4010/v1}"
: "${OPENAI_API_KEY:?set it to the key in data/api-key}"
file="${1:-$(dirname "$0")/bakery.jsonl}"

# The key goes through a pipe, since arguments are visible to every user of the machine.
call() { curl --silent --show-error --fail-with-body --config <(printf 'header = "Authorization: Bearer %s"' "$OPENAI_API_KEY") "$@"; }
field() {
  local json
  json=$(cat)
  [[ $json =~ \"$1\":\"([^\"]*)\" ]] && echo "${BASH_REMATCH[1]}"
}

file_id=$(call "$OPENAI_BASE_URL/files" --form purpose=fine-tune --form "file=@$file" | field id)

job_id=$(call "$OPENAI_BASE_URL/fine_tuning/jobs" --json "{
  \"training_file\": \"$file_id\",
  \"model\": \"smollm2-135m-instruct\",
  \"suffix\": \"bakery\"
}" | field id)

while :; do
  job=$(call "$OPENAI_BASE_URL/fine_tuning/jobs/$job_id")
  status=$(field status <<<"$job")
  echo "$job_id $status"
  case $status in succeeded) break ;; failed | cancelled) echo "$job" >&2; exit 1 ;; esac
  sleep 2
done

model=$(field fine_tuned_model <<<"$job")
echo "$model"
call "$OPENAI_BASE_URL/chat/completions" --json "{
  \"model\": \"$model\",
  \"messages\": [{\"role\": \"user\", \"content\": \"Do you deliver?\"}],
  \"temperature\": 0
}"
echo
