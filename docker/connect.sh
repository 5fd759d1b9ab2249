#!/bin/bash
# Run by docker compose when the server is up; scripts/connect.py says what it does.
exec /entrypoint.sh odoo shell -d dealer --no-http --max-cron-threads=0 <scripts/connect.py
