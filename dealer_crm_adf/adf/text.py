"""From bytes to the ADF documents in them: encodings, e-mail bodies, HTML around or instead of XML.

Every step takes time linear in the size: expressions have no two unbounded parts that fit the same
text.
"""

import codecs
import html
import quopri
import re

#: most bytes of a file or body, and most characters after decoding
MAX_BYTES = 2**20
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: encodings that a file or an e-mail may name, besides UTF-8 and UTF-16
CHARSET = re.compile(
    r"(?:iso[-_]?8859|latin|windows-?12|cp12|gb|big5|shift|sjis|euc|koi8|mac)[\w-]{0,20}",
    re.IGNORECASE,
)
DECLARED = re.compile(rb"<\?[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']?([\w-]{1,40})", re.IGNORECASE)
ADF = re.compile(r"<(?:[\w.-]{1,40}:)?(adf|prospect)(?=[\s/>])[^<>]*>", re.IGNORECASE)
ADF_END = re.compile(r"</(?:[\w.-]{1,40}:)?adf\s{0,9}>", re.IGNORECASE)
MENTION = re.compile(r"<\s?\??\s?(?:[\w.-]{1,40}:)?adf\b", re.IGNORECASE)
ESCAPED = re.compile(r"&(?:amp;){0,2}(?:lt|#0?60|#x3c);\s?\??\s?(?:adf|prospect)\b", re.IGNORECASE)
QUOTED = re.compile(r"<\??[a-z]\w{0,40}\s[^<>]{0,200}?=3D|^.{60,75}=\r?$", re.I | re.M)
LONG_NUMBER = re.compile(r"&#\d{8,};?|&#x[0-9a-f]{8,};?", re.IGNORECASE)
BREAK = re.compile(r"<(?:br|/p|/div|/tr|/pre)\b[^<>]{0,200}>", re.IGNORECASE)
TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")
#: characters that XML does not allow, such as NUL and lone surrogates
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decode(data: bytes, charset: str = "") -> str:
    """The text of `data`, without characters that XML does not allow.

    What a file or an e-mail says of the encoding is often wrong, so UTF-8 is tried first.

    :param charset: encoding that the e-mail names
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return ILLEGAL.sub("", data.decode(encoding, "replace"))
    for encoding, zeros in (("utf-16-le", data[1:64:2]), ("utf-16-be", data[:64:2])):
        if zeros.count(0) > 16:
            return ILLEGAL.sub("", data.decode(encoding, "replace"))
    declared = DECLARED.search(data[:1000])
    names = [declared[1].decode("ascii") if declared else "", charset]
    for name in ["utf-8", *filter(CHARSET.fullmatch, names)]:
        try:
            return ILLEGAL.sub("", data.decode(name))
        except (LookupError, UnicodeDecodeError):
            continue
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if 2 * wrong > sum(char > "\x7f" for char in text):
        text = data.decode("cp1252", "replace")
    return ILLEGAL.sub("", text)


def looks_like_adf(data: bytes, charset: str = "") -> bool:
    """Whether ADF is somewhere in `data`, however it is packed."""
    text = decode(data[:MAX_BYTES], charset)
    return bool(MENTION.search(text) or ESCAPED.search(text))


def find_documents(text: str) -> list[str]:
    """The ADF documents in `text`, each from its root element on; [] if there are none."""
    if QUOTED.search(text):
        text = decode(quopri.decodestring(text.encode()))
    for _round in range(4):
        plain = replace_between(text, "<![CDATA[", "]]>", html.escape)
        for candidate in (replace_between(plain, "<!--", "-->", lambda _text: ""), plain):
            if documents := _split(candidate):
                return documents
        if not ESCAPED.search(text):
            break
        text = TAG.sub("", BREAK.sub("\n", text))
        text = ILLEGAL.sub("", html.unescape(LONG_NUMBER.sub("", text)))
    return []


def replace_between(text: str, begin: str, end: str, replace) -> str:
    """`text` with each part from `begin` to `end`, both included, replaced by ``replace(inside)``."""
    done, position = [], 0
    while (start := text.find(begin, position)) >= 0:
        stop = text.find(end, start)
        if stop < 0:
            break
        done += [text[position:start], replace(text[start + len(begin) : stop])]
        position = stop + len(end)
    return "".join([*done, text[position:]])


def _split(text: str) -> list[str]:
    roots = list(ADF.finditer(text))
    starts = [root.start() for root in roots if root[1].lower() == "adf"]
    if not starts:
        return [text[roots[0].start() :]] if roots else []
    documents = []
    for start, next_start in zip(starts, [*starts[1:], len(text)], strict=True):
        end = ADF_END.search(text, start, next_start)
        documents.append(text[start : end.end() if end else next_start])
    return documents
