#!/bin/sh
# Succeed if a worker process of this container has sent a heartbeat within the last 15 s. Each
# heartbeat, every 3 s, touches this file.
file=${TMPDIR:-/tmp}/gallery-worker-alive
[ -e "$file" ] && [ $(($(date +%s) - $(stat -c %Y "$file"))) -le 15 ]
