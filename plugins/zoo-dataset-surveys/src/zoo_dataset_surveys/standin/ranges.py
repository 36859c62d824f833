"""Parts of files, as servers send them: from a byte on, if the file is still the same (RFC 9110, 13 and 14)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from zoo_dataset_surveys.standin.exchange import Reply, Request


def part(request: Request, reply: Reply) -> Reply:
    """What is sent of a file: all of it, or with status 206 what lies behind the byte that the request names."""
    if not reply.ranges or reply.status != 200:
        return reply
    headers = {"Accept-Ranges": "bytes", "ETag": tag(reply.body), **reply.headers}
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    if not asked or request.headers.get("If-Range", headers["ETag"]) != headers["ETag"]:
        return replace(reply, headers=headers)
    start, length = int(asked[1]), len(reply.body)
    if start >= length:
        return Reply(b"", status=416, headers={"Content-Range": f"bytes */{length}"})
    headers["Content-Range"] = f"bytes {start}-{length - 1}/{length}"
    return replace(reply, body=reply.body[start:], status=206, headers=headers)


def tag(body: bytes) -> str:
    """The strong ETag of a file."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
