"""A browser's form, read as it comes: its fields, then its file. Sans I/O.

Source: RFC 7578, https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

import re

from penstock.services.s3.errors import error, invalid_argument

MAX_FIELDS = 20_000  # bytes before the file
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(r'name="([^"]*)"')
_FILENAME = re.compile(r'filename="([^"]*)"')


class Form:
    """Feed it what comes; `fields` (names in lower case) and `filename` are there once `started`."""

    def __init__(self, content_type: str) -> None:
        match = _BOUNDARY.search(content_type)
        if match is None:
            raise _malformed()
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.started = self._ended = False
        self._mark = b"\r\n--" + match[1].encode()
        self._buffer = b"\r\n"  # so that the first boundary is like all others

    def feed(self, data: bytes) -> bytes:
        """The bytes of the file that are known by now."""
        if self._ended:
            return b""
        self._buffer += data
        while not self.started and self._next_part():
            pass
        if not self.started:
            if len(self._buffer) > MAX_FIELDS:
                text = "Your POST request fields preceding the upload file were too large."
                raise error("MaxPostPreDataLengthExceeded", text, MaxPostPreDataLength=MAX_FIELDS)
            return b""
        return self._file()

    def _next_part(self) -> bool:
        """Takes one part that is there whole, or the head of the file; whether there was one."""
        start = self._buffer.find(self._mark)
        end = self._buffer.find(b"\r\n\r\n", start + len(self._mark)) if start >= 0 else -1
        if end < 0:
            return False
        head = self._buffer[start:end].decode("utf-8", "replace")
        name = _NAME.search(head)
        if name is not None and name[1].lower() == "file":
            filename = _FILENAME.search(head)
            self.filename, self.started = filename[1] if filename else "", True
            self._buffer = self._buffer[end + 4 :]
            return True
        after = self._buffer.find(self._mark, end + 2)
        if after < 0:
            return False
        if name is not None:
            self.fields[name[1].lower()] = self._buffer[end + 4 : after].decode("utf-8", "replace")
        self._buffer = self._buffer[after:]
        return True

    def _file(self) -> bytes:
        """What may be the beginning of the boundary is held back."""
        end = self._buffer.find(self._mark)
        self._ended = end >= 0
        if not self._ended:
            end = max(0, len(self._buffer) - len(self._mark) + 1)
        data, self._buffer = self._buffer[:end], b"" if self._ended else self._buffer[end:]
        return data

    def finish(self) -> None:
        """Raises AwsError where the form was not whole."""
        if not self.started:
            raise invalid_argument("POST requires exactly one file upload per request.", "file", "0")
        if not self._ended:
            raise _malformed()


def _malformed() -> Exception:
    return error("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
