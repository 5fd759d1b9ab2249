#!/bin/bash
# docker compose runs this when the server is up; see scripts/connect.py.
exec /entrypoint.sh odoo shell -d dealer --no-http --max-cron-threads=0 <scripts/connect.py
