"""Mistakes to make in a reply: at random, but the same ones every time."""

import random

from tests.xapi.fake import PASSWORD, REFERENCE

NASTY = [
    *(b"\r\n\r\n", b"\r\n", b"\0", b"\xff\xfe", b"{", b"}", b'"', b"[" * 3000),
    *(b"\\ud800", b"\\u0000", b"1e999999", b"NaN", b"-Infinity", b"9" * 5000),
    *(b'"error":["HOST_IS_SLAVE","192.0.2.2"],', b'"error":["HOST_IS_SLAVE"],', b'"error":[],', b'"result":null,'),
    b'"error":{"message":"RBAC_PERMISSION_DENIED"},',
    *(b"<value>" * 100, b"<fault>", b"<nil/>", b"&lt;", b"&b;", b"]]>", b"<!--"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<?xml version='1.0' encoding='utf-16'?>"),
    *(b"HTTP/1.1 200 OK\r\n", b"transfer-encoding: chunked\r\n", b"connection: close\r\n"),
    *(b"content-length: 18446744073709551616\r\n", b"content-length: 7\r\n"),
    *(PASSWORD.encode(), REFERENCE.encode(), b"OpaqueRef:NULL", b"<!channel>", b"\x1b]0;x\x07"),
]


def spoilt(reply: bytes, chance: random.Random) -> bytes:
    """A reply with one to four mistakes in it, its length usually set right again."""
    head, _, body = reply.partition(b"\r\n\r\n")
    parts = [bytearray(head), bytearray(body)]
    for _ in range(chance.randint(1, 4)):
        part = parts[chance.random() < 0.75]
        begin = chance.randrange(len(part) + 1)
        end = min(begin + chance.choice((0, 1, 1, 2, 20, 200)), len(part))
        kind = chance.randrange(5)
        if kind == 0:
            part[begin:end] = b""
        elif kind == 1:
            part[begin:end] = chance.randbytes(chance.randint(1, 6))
        elif kind == 2:
            part[begin:end] = part[begin:end] * chance.randint(2, 50)
        else:
            part[begin:end] = chance.choice(NASTY)
    head, body = bytes(parts[0]), bytes(parts[1])
    if chance.random() < 0.7:
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"content-length")]
        head = b"\r\n".join([*lines, b"content-length: %d" % len(body)])
    return head + b"\r\n\r\n" + body
