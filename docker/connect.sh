#!/bin/bash
# Run once by docker compose when the server is up; scripts/connect.py says what it does.
exec /entrypoint.sh odoo shell --addons-path=/mnt/extra-addons,/mnt/extra-addons/examples -d dealer \
  --no-http --max-cron-threads=0 </mnt/extra-addons/scripts/connect.py
