#!/bin/bash
# scripts/test for docker compose: makes the templates and a new database `test`, runs all tests.
set -euo pipefail
cd /opt/dealer-crm
export DEALER_CRM_TEST_CONF=/tmp/test.conf PYTHONDONTWRITEBYTECODE=1
export DEALER_CRM_TEST_TEMPLATE_DEALER=template_dealer DEALER_CRM_TEST_TEMPLATE_BPO=template_bpo
cat >$DEALER_CRM_TEST_CONF <<CONF
[options]
addons_path = /opt/dealer-crm,/opt/dealer-crm/examples
data_dir = /tmp/odoo-data
db_host = $HOST
db_user = $USER
db_password = $PASSWORD
http_interface = 127.0.0.1
max_cron_threads = 0
CONF
install() { odoo --config $DEALER_CRM_TEST_CONF -d "$1" -i "$2" --stop-after-init --no-http; }
needs() { python3 scripts/addons.py needs "$1"; }
for database in template_dealer template_bpo test; do
  odoo db --config $DEALER_CRM_TEST_CONF drop $database || true
done
install template_dealer "$(needs dealer)"
install template_bpo "$(needs bpo)"
install test "$(needs all),$(python3 scripts/addons.py list all)"
exec /opt/tests/bin/python -m pytest -p no:cacheprovider --odoo-config=$DEALER_CRM_TEST_CONF --odoo-database=test --odoo-http "$@"
