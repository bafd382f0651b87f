#!/bin/sh
# The command `gallery` of the API image: docker compose exec api gallery keys list
cd /srv/gallery && exec python -m cli "$@"
