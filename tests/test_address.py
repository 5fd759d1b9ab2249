"""The address grammar, which both sides implement, tested with one table for both.

``bpo_crm`` is installed on a BPO that has no ``dealer_crm``.
"""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = (
    "bpo.example.com",
    "other.example.com:8443",
    "https://third.example.com",
    "http://10.0.0.1:8069/",
    " http://inside ",
    "[::1]:8069",
    "https://user@fourth.example.com",
    "fifth.example.com:0",
    "ftp://sixth.example.com",
    "seventh.example.com:port",
)
# address, operator's list, normal form or the reason of the refusal
TABLE = (
    ("https://crm.example.com", (), "https://crm.example.com"),
    ("https://CRM.Example.com:443/", (), "https://crm.example.com"),
    ("https://crm.example.com.", (), "https://crm.example.com"),
    ("https://crm.example.com:8443/odoo//", (), "https://crm.example.com:8443/odoo"),
    ("https://bücher.example", (), "https://xn--bcher-kva.example"),
    ("https://[2001:DB8::1]:8069", (), "https://[2001:db8::1]:8069"),
    ("http://localhost:8069", (), "http://localhost:8069"),
    ("http://LOCALHOST.", (), "http://localhost"),
    ("http://127.0.0.1:80", (), "http://127.0.0.1"),
    ("http://127.9.9.9", (), "http://127.9.9.9"),
    ("http://[::1]:8069", (), "http://[::1]:8069"),
    ("http://crm.example.com", (), "not_encrypted"),
    ("http://10.0.0.1:8069", (), "not_encrypted"),
    ("http://2130706433", (), "not_encrypted"),
    ("http://127.1", (), "not_encrypted"),
    ("http://127.0.0.1.nip.io", (), "not_encrypted"),
    ("http://[::ffff:10.0.0.1]", (), "not_encrypted"),
    ("", (), "bad_url"),
    (None, (), "bad_url"),
    ("crm.example.com", (), "bad_url"),
    ("ftp://crm.example.com", (), "bad_url"),
    ("https://", (), "bad_url"),
    ("https://:8069", (), "bad_url"),
    ("https://crm.example.com:0", (), "bad_url"),
    ("https://crm.example.com:port", (), "bad_url"),
    ("https://crm.example.com:99999", (), "bad_url"),
    ("https://user:secret@crm.example.com", (), "bad_url"),
    ("https://@crm.example.com", (), "bad_url"),
    ("https://crm.example.com\\@evil.example", (), "bad_url"),
    ("https://crm.example.com?", (), "bad_url"),
    ("https://crm.example.com/#x", (), "bad_url"),
    ("https://crm.example.com/../admin", (), "bad_url"),
    ("https://crm.exam\tple.com", (), "bad_url"),
    ("https://crm.example.com\r\nX: 1", (), "bad_url"),
    ("https://[fe80::1%25eth0]", (), "bad_url"),
    ("https://bpo.example.com", LISTED, "https://bpo.example.com"),
    ("https://BPO.example.com.:9000/crm", LISTED, "https://bpo.example.com:9000/crm"),
    ("http://bpo.example.com", LISTED, "not_encrypted"),
    ("https://sub.bpo.example.com", LISTED, "forbidden_address"),
    ("https://other.example.com:8443", LISTED, "https://other.example.com:8443"),
    ("https://other.example.com", LISTED, "forbidden_address"),
    ("https://third.example.com:443", LISTED, "https://third.example.com"),
    ("https://third.example.com:444", LISTED, "forbidden_address"),
    ("http://third.example.com:443", LISTED, "forbidden_address"),
    ("http://10.0.0.1:8069", LISTED, "http://10.0.0.1:8069"),
    ("http://10.0.0.1:8070", LISTED, "forbidden_address"),
    ("https://10.0.0.1:8069", LISTED, "forbidden_address"),
    ("http://inside:80", LISTED, "http://inside"),
    ("http://[0:0::1]:8069", LISTED, "http://[::1]:8069"),
    ("http://localhost:8069", LISTED, "forbidden_address"),
    ("https://fourth.example.com", LISTED, "forbidden_address"),
    ("https://fifth.example.com", LISTED, "forbidden_address"),
    ("https://sixth.example.com", LISTED, "forbidden_address"),
    ("https://seventh.example.com", LISTED, "forbidden_address"),
)


@pytest.fixture(params=["dealer_crm/bpo", "examples/bpo_crm/wire"])
def address(request):
    """The address module of one side, loaded without its addon."""
    path = ROOT / request.param / "address.py"
    spec = importlib.util.spec_from_file_location(f"address_of_{path.parts[-3]}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("url", "allowed", "expected"), TABLE)
def test_both_sides(address, url, allowed, expected):
    try:
        assert address.check(url, allowed) == expected
    except address.Refused as refused:
        assert refused.code == expected
