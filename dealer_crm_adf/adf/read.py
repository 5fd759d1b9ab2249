"""Read ADF/XML 1.0, the format in which portals and manufacturers send leads to car dealers.

The format: https://en.wikipedia.org/wiki/Auto-lead_Data_Format
"""

import re

from lxml import etree

from .prospect import Prospect, read_prospect
from .text import MAX_BYTES, decode, find_documents
from .tree import Node, local

#: most prospects in one file or body
MAX_PROSPECTS = 100
#: deepest nesting of elements
MAX_DEPTH = 60
#: most tags, and most attributes: reading many attributes of one element takes quadratic time
MAX_TAGS, MAX_ATTRIBUTES = 40_000, 10_000
ATTRIBUTE = re.compile(r"\w\s{0,9}=")
TAG = re.compile(r"<(/?)([a-z][\w.:-]{0,60})(?=[\s/>])([^<>]*)>", re.IGNORECASE)
#: elements of HTML that need no end tag
OPEN = {"br", "hr", "img", "p", "li", "input", "meta", "link"}
SAFE = {"no_network": True, "huge_tree": False, "remove_comments": True, "remove_pis": True}
XML = {**SAFE, "resolve_entities": False, "load_dtd": False}


class AdfError(Exception):
    """The data cannot be read; `code` is `size`, `none`, `depth`, `tags`, `count` or `empty`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_adf(data: bytes, charset: str = "") -> list[Prospect]:
    """The prospects in an ADF file or in the body of an e-mail, at least one.

    :param charset: encoding that the e-mail names
    :raise AdfError: if there is too much in it, or nothing
    """
    if len(data) > MAX_BYTES:
        raise AdfError("size")
    documents = find_documents(decode(data, charset))
    if not documents:
        raise AdfError("none")
    markup = "".join(documents)
    if markup.count("<") > MAX_TAGS or len(ATTRIBUTE.findall(markup)) > MAX_ATTRIBUTES:
        raise AdfError("tags")
    nodes = [node for document in documents for node in _parse(document)]
    if len(nodes) > MAX_PROSPECTS:
        raise AdfError("count")
    prospects = [read_prospect(node) for node in nodes if node]
    if not prospects:
        raise AdfError("empty")
    return prospects


def _parse(document: str) -> list[Node]:
    _check_depth(document)
    try:
        root = etree.fromstring(document, etree.XMLParser(**XML))
    except etree.XMLSyntaxError:
        # A parser for HTML copes with unquoted attributes, bare ampersands and unmatched tags.
        try:
            root = etree.fromstring(document, etree.HTMLParser(**SAFE))
        except etree.XMLSyntaxError:
            root = None
    if root is None:
        raise AdfError("none")
    elements = root.iter(etree.Element)
    return [Node(element) for element in elements if local(element.tag) == "prospect"]


def _check_depth(document: str) -> None:
    depth = 0
    for end, name, inside in TAG.findall(document):
        if not inside.endswith("/") and name.lower() not in OPEN:
            depth += -1 if end else 1
        if depth > MAX_DEPTH:
            raise AdfError("depth")
