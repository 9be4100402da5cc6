#!/bin/sh
# The client that the conformance suite starts: the program under test, which speaks with the tool
# server at the last argument while a scripted model calls its tools.
# Usage: mcp_conformance.sh QWEN HOME MODEL_URL SERVER_URL
set -eu
mkdir -p "$2/.qwen" "$2/project"
cat >"$2/.qwen/settings.json" <<EOF
{"mcpServers": {"it": {"httpUrl": "$4", "timeout": 20000}}}
EOF
cd "$2/project"
HOME=$2 OPENAI_API_KEY=sk-of-ours-0123456789 exec "$1" --openai-base-url "$3" -m m -y -p go </dev/null
