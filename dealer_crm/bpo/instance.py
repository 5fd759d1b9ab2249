"""Which running copy of a database this is, so that a restored copy keeps quiet."""

import contextlib
import hashlib
import os
import uuid
from pathlib import Path

TOKEN_FILE = "dealer_crm_instance"


def get_instance(database: str, database_uuid: str, data_dir: str) -> str:
    """Return the fingerprint of this database on this installation (64 hex digits).

    It is made of the database's name and uuid, and of a token that no backup of the database
    holds: ``DEALER_CRM_INSTANCE`` of the environment, else a file in Odoo's data directory, made
    on first use.

    :raise OSError: the data directory cannot be read or written
    """
    token = os.environ.get("DEALER_CRM_INSTANCE") or _read_token(Path(data_dir))
    return hashlib.sha256("\0".join((database, database_uuid, token)).encode()).hexdigest()


def _read_token(data_dir: Path) -> str:
    path = data_dir / TOKEN_FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{uuid.uuid4().hex}")
        draft.write_text(uuid.uuid4().hex)
        try:
            # Another process may have been first: its token is then everybody's.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text().strip()
