#!/bin/sh
# Runs llama-server ("$@") until stdin closes, so that a control plane that is killed leaves no engine behind.
# The first line of stdin is the key: arguments would show it to every user of the machine.
IFS= read -r LLAMA_API_KEY
# Threads that spin without end starve beside a training, and threads that sleep at once are slow by themselves.
GOMP_SPINCOUNT=50000
export LLAMA_API_KEY GOMP_SPINCOUNT
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
engine=$!
printf '{"pid":%d}\n' "$engine"
{ cat <&3 >/dev/null; kill -9 "$engine" 2>/dev/null; } >/dev/null &
exec 3<&-
wait "$engine"
