"""Files in a ``multipart/form-data`` body."""

from __future__ import annotations

from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakes.core.messages import Request


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file of a form: its field, its name and its bytes."""

    field: str
    name: str
    content: bytes


def uploaded_files(request: Request) -> list[UploadedFile]:
    """Every file of the form, in its order; none where the body is no multipart form."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + request.body)
    if message.get_content_type() != "multipart/form-data":
        return []
    return [
        UploadedFile(
            field=str(part.get_param("name", header="content-disposition")),
            name=part.get_filename() or "",
            content=content,
        )
        for part in message.iter_parts()
        if part.get_filename() is not None and isinstance(content := part.get_payload(decode=True), bytes)
    ]
