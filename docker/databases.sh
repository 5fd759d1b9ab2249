#!/bin/bash
# Run by docker compose before the servers: databases `dealer` and `bpo`, up to date with the code.
set -euo pipefail
bring() { # <database> <addons>
  /entrypoint.sh odoo -d "$1" -i "$2" -u "$2" --with-demo --stop-after-init --no-http --max-cron-threads=0
}
bring dealer "$(python3 scripts/addons.py list dealer)"
bring bpo "crm,$(python3 scripts/addons.py list bpo)"
