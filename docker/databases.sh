#!/bin/bash
# docker compose runs this before the servers: creates or updates the databases `dealer` and `bpo`.
set -euo pipefail
prepare() { # <database> <addons>
  /entrypoint.sh odoo -d "$1" -i "$2" -u "$2" --with-demo --stop-after-init --no-http --max-cron-threads=0
}
prepare dealer "$(python3 scripts/addons.py list dealer)"
prepare bpo "crm,$(python3 scripts/addons.py list bpo)"
