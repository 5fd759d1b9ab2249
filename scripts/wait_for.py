"""Wait until a server answers for each database; fail when it dies, or after two minutes.

usage: wait_for.py <pid> <port> <database>...
"""

import os
import sys
import time
import urllib.error
import urllib.request

DEADLINE = time.monotonic() + 120


def answers(port: str, database: str) -> bool:
    """Whether the login page of `database` is served; the request also loads the registry."""
    page = urllib.request.Request(
        f"http://127.0.0.1:{port}/web/login",
        headers={"Host": f"{database}.localhost:{port}"},
    )
    # Without the environment's proxy, because the server is local.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(page, timeout=60).status == 200
    except (urllib.error.URLError, OSError):
        return False


def main(pid: str, port: str, *databases: str) -> int:
    for database in databases:
        while not answers(port, database):
            if not os.path.isdir(f"/proc/{pid}") or time.monotonic() > DEADLINE:
                return 1
            time.sleep(0.2)
    return 0


sys.exit(main(*sys.argv[1:]))
