#!/bin/bash
# The password's file may be readable to its owner alone (mode 600): root reads it, then Odoo's user takes over.
set -euo pipefail
PASSWORD=$(<"$PASSWORD_FILE")
export PASSWORD HOME=/var/lib/odoo
unset PASSWORD_FILE
exec setpriv --reuid=odoo --regid=odoo --init-groups /entrypoint.sh "$@"
