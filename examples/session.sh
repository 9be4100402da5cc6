#!/bin/sh
# Keep one session of qwen open: send each argument as a prompt, answer what qwen asks about.
# Needs a POSIX shell and sed. qwen writes the keys of an object in alphabetical order, and a quote
# within a text as \", so the patterns below find what qwen wrote and nothing that a text holds.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/in" "$dir/out"
"${QWEN:-qwen}" --input-format stream-json --output-format stream-json <"$dir/in" >"$dir/out" &
exec 3>"$dir/in" 4<"$dir/out"

text='\(\([^"\\]*\(\\.\)*\)*\)' # of JSON, without the quotes around it
asked='"tool_name":"\([^"]*\)","tool_use_id":"[^"]*"},"request_id":"\([^"]*\)","type":"control_request"}$'

for prompt in "$@"; do
  words=$(printf '%s' "$prompt" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g')
  printf '{"type":"user","message":{"role":"user","content":"%s"}}\n' "$words" >&3
  while IFS= read -r line <&4; do
    case $line in
    *',"type":"control_request"}')
      case $(printf '%s\n' "$line" | sed -n "s/.*$asked/\\1/p") in
      write_file | edit) answer='{"behavior":"allow"}' ;; # files may be written here, nothing else
      *) answer='{"behavior":"deny","message":"this program allows edits only"}' ;;
      esac
      id=$(printf '%s\n' "$line" | sed 's/.*"request_id":"\([^"]*\)","type":"control_request"}$/\1/')
      printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":%s}}\n' \
        "$id" "$answer" >&3
      ;;
    *'"type":"result","usage":'*)
      said=$(printf '%s\n' "$line" | sed -n -e "s/.*\"result\":\"$text\",\"session_id\".*/\\1/p" \
        -e "s/.*\"errors\":\\[\"$text\"\\].*/\\1/p" | sed 's/\\"/"/g')
      printf '%b\n' "$said"
      break
      ;;
    esac
  done
done
exec 3>&-
wait $!
