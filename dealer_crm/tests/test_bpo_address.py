import unittest

from ..bpo.address import Refused, check


class TestBpoAddress(unittest.TestCase):
    def assertRefused(self, code, url, allowed=()):
        with self.subTest(url=url, allowed=allowed), self.assertRaises(Refused) as caught:
            check(url, allowed)
        self.assertEqual(caught.exception.code, code, (url, allowed))

    def test_plain_form(self):
        for url, expected in (
            ("https://bpo.example.com", "https://bpo.example.com"),
            ("https://BPO.Example.com:443/", "https://bpo.example.com"),
            ("https://bpo.example.com:8443/crm//", "https://bpo.example.com:8443/crm"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://[2001:DB8::1]:8069", "https://[2001:db8::1]:8069"),
            ("http://localhost:8069", "http://localhost:8069"),
            ("http://127.0.0.1:8069", "http://127.0.0.1:8069"),
            ("http://[::1]:8069", "http://[::1]:8069"),
        ):
            with self.subTest(url=url):
                self.assertEqual(check(url), expected)

    def test_unusable(self):
        for url in (
            "",
            None,
            "bpo.example.com",
            "ftp://bpo.example.com",
            "file:///etc/passwd",
            "https://",
            "https://:8069",
            "https://bpo.example.com:port",
            "https://bpo.example.com:99999",
            "https://user:secret@bpo.example.com",
            "https://@bpo.example.com",
            "https://bpo.example.com\\@evil.example",
            "https://bpo.example.com/?db=x",
            "https://bpo.example.com?",
            "https://bpo.example.com/#x",
            "https://bpo.example.com/../admin",
            "https://bpo.example.com/a b",
            "https://bpo.exam\tple.com",
            "https://bpo.example.com\r\nX-Evil: 1",
            "https://[::1",
            "https://-bpo.example.com",
            "https://bpo.example.com;x",
            "https://" + "ü" * 70 + ".example",
        ):
            self.assertRefused("bad_url", url)

    def test_http_is_for_loopback(self):
        for url in (
            "http://bpo.example.com",
            "http://10.0.0.1:8069",
            "http://2130706433",
            "http://127.0.0.1.nip.io",
        ):
            self.assertRefused("not_encrypted", url)

    def test_listed_with_http(self):
        self.assertEqual(
            check("http://10.0.0.1:8069", ("http://10.0.0.1:8069/",)), "http://10.0.0.1:8069"
        )
        self.assertEqual(check("http://bpo", ("https://other", " http://bpo ")), "http://bpo")
        self.assertRefused("not_encrypted", "http://10.0.0.1:8069", ("10.0.0.1",))
        self.assertRefused("forbidden_address", "http://10.0.0.1:8069", ("https://10.0.0.1:8069",))
        self.assertRefused("forbidden_address", "http://10.0.0.1:8070", ("http://10.0.0.1:8069",))

    def test_nothing_else_than_what_is_listed(self):
        allowed = (
            "bpo.example.com",
            "other.example.com:8443",
            "https://third.example.com",
            "[::1]:8069",
        )
        for url in (
            "https://bpo.example.com",
            "https://BPO.example.com.:9000/crm",
            "https://other.example.com:8443",
            "https://third.example.com:443",
            "http://[::1]:8069",
        ):
            with self.subTest(url=url):
                check(url, allowed)
        for url in (
            "https://evil.example.com",
            "https://bpo.example.com.evil.example",
            "https://sub.bpo.example.com",
            "https://other.example.com",
            "https://third.example.com:444",
            "http://third.example.com:443",
            "http://localhost:8069",
            "http://127.0.0.1",
        ):
            self.assertRefused("forbidden_address", url, allowed)

    def test_an_unusable_list_allows_nothing(self):
        self.assertRefused(
            "forbidden_address",
            "https://bpo.example.com",
            ("https://bpo.example.com:port", "ftp://x", " "),
        )
