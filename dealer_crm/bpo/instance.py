"""The fingerprint of a database on one installation, so that a restored copy sends nothing."""

import contextlib
import hashlib
import os
import uuid
from pathlib import Path

TOKEN_FILE = "dealer_crm_instance"


def get_instance(database: str, database_uuid: str, data_dir: str) -> str:
    """Return the fingerprint of this database on this installation (64 hex digits).

    It is a hash of the database's name, its uuid and a token that is not in the database, and so in
    no backup of it: the environment variable ``DEALER_CRM_INSTANCE``, else a file in Odoo's data
    directory, which is created on first use.

    :raise OSError: if the data directory cannot be read or written
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
            # If another process was faster, its token is used by all.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text().strip()
