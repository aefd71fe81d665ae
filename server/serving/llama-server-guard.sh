#!/bin/sh
# Runs llama-server ("$@") until stdin closes: a control plane that is killed leaves no engine behind.
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
engine=$!
printf '{"pid":%d}\n' "$engine"
{ cat <&3 >/dev/null; kill -9 "$engine" 2>/dev/null; } >/dev/null &
exec 3<&-
wait "$engine"
