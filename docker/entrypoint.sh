#!/bin/bash
# Only its owner may be able to read the password file (mode 600): root reads it, then Odoo runs as its own user.
set -euo pipefail
PASSWORD=$(<"$PASSWORD_FILE")
export PASSWORD HOME=/var/lib/odoo
unset PASSWORD_FILE
exec setpriv --reuid=odoo --regid=odoo --init-groups /entrypoint.sh "$@"
