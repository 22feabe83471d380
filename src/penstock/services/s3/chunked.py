"""The `aws-chunked` encoding of bodies: chunks with or without a signature, and trailers. Pure.

Signatures are not checked: whoever reaches this machine's loopback may write.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

from penstock.services.s3.errors import error

_LONGEST_LINE = 16_384


class Decoder:
    """Takes the body as it comes and gives its content; after its end `trailers` are there."""

    __slots__ = ("_buffer", "_left", "_state", "trailers")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._state = "size"
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> bytes:
        """The content that is complete now. Raises IncompleteBody for what is not in chunks."""
        self._buffer += data
        content: list[bytes] = []
        while self._state != "end" and self._step(content):
            pass
        return content[0] if len(content) == 1 else b"".join(content)

    def finish(self) -> None:
        """Raises IncompleteBody where the last chunk has not come."""
        if self._state not in ("end", "trailer"):
            raise error("IncompleteBody")

    def _step(self, content: list[bytes]) -> bool:
        """Takes one piece from the buffer; False where it is not there yet."""
        if self._state == "data":
            return self._data(content)
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise error("IncompleteBody")
            return False
        line = self._buffer[:end]
        del self._buffer[: end + 1]
        getattr(self, f"_take_{self._state}")(line.strip().decode("latin-1"))
        return True

    def _data(self, content: list[bytes]) -> bool:
        taken = bytes(self._buffer[: self._left])
        if not taken:
            return False
        del self._buffer[: len(taken)]
        content.append(taken)
        self._left -= len(taken)
        if not self._left:
            self._state = "gap"
        return True

    def _take_size(self, line: str) -> None:
        try:
            self._left = int(line.partition(";")[0], 16)
        except ValueError:
            raise error("IncompleteBody") from None
        self._state = "data" if self._left else "trailer"

    def _take_gap(self, line: str) -> None:
        self._state = "size"

    def _take_trailer(self, line: str) -> None:
        if not line:
            self._state = "end"
        name, _, value = line.partition(":")
        self.trailers[name.strip().lower()] = value.strip()
