"""The parts of an e-mail that are ADF."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import NamedTuple

from .text import looks_like_adf

#: most parts that are read one by one
MAX_PARTS = 20
TYPES = ("text/plain", "text/html", "text/xml", "application/xml", "application/octet-stream")


class Part(NamedTuple):
    data: bytes
    #: encoding that the e-mail names; "" if it names none
    charset: str


def read_parts(message: EmailMessage) -> list[Part]:
    """The bodies and attachments that are ADF; those beyond ``MAX_PARTS`` are joined into one."""
    parts = list(find_parts(message))
    if rest := parts[MAX_PARTS:]:
        last = Part(b"\n".join(part.data for part in rest), rest[0].charset)
        parts = [*parts[:MAX_PARTS], last]
    return parts


def find_parts(message: EmailMessage) -> Iterator[Part]:
    """Yield the bodies and attachments that are ADF or are declared as ADF.

    Of alternative bodies, the first one that has any.
    """
    if message.get_content_type() == "multipart/alternative":
        for part in message.iter_parts():
            if found := list(find_parts(part)):
                yield from found
                return
    elif message.is_multipart():
        for part in message.get_payload():
            yield from find_parts(part)
    else:
        content_type = message.get_content_type()
        name = (message.get_filename() or "").lower()
        says_so = "adf" in content_type or name.endswith(".adf")
        if (
            says_so
            or content_type in TYPES
            or name.endswith(".xml")
            or content_type.endswith("xml")
        ):
            data = message.get_payload(decode=True) or b""
            charset = message.get_content_charset("")
            if says_so or looks_like_adf(data, charset):
                yield Part(data, charset)
