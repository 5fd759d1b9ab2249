#!/bin/bash
# Run once by docker compose before the servers: databases `dealer` and `bpo`, up to date with the code.
set -euo pipefail
cd /mnt/extra-addons
bring() { # <database> <addons>
  /entrypoint.sh odoo --addons-path=/mnt/extra-addons,/mnt/extra-addons/examples -d "$1" -i "$2" -u "$2" \
    --with-demo --stop-after-init --no-http --max-cron-threads=0
}
bring dealer "$(python3 scripts/addons.py list dealer)"
bring bpo "crm,$(python3 scripts/addons.py list bpo)"
