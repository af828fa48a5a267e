"""A file on a server that can be seeked, for zipfile: only what is read is sent."""

import io

from chaconne.corpora.gathering.downloads.http import NoRanges

FIRST, LARGEST = 1 << 16, 1 << 23  # bytes asked for at once: doubled while reading goes straight on


class RangeFile(io.RawIOBase):
    """Read-only, in windows of growing size; `remote` is a chaconne.corpora.gathering.downloads.http.Remote.

    Raises NoRanges where the server sends files only whole, Changed when the file is not the same any more.
    """

    def __init__(self, remote):
        if not remote.ranges or remote.size is None:
            raise NoRanges(f"{remote.url}: the server sends no parts of files (HTTP ranges), and the whole archive is "
                           "not wanted; use another base_url, or download it and set `local` in conf/data")
        self.remote, self.position = remote, 0
        self.window, self.begin, self.step = b"", 0, FIRST
        self.until = remote.size  # what lies behind is not read ahead: the end of the member that is wanted

    def readable(self):
        """Return True."""
        return True

    def seekable(self):
        """Return True."""
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        """Move as in any file; nothing is sent."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.remote.size}[whence]
        self.position = max(0, base + offset)
        return self.position

    def tell(self):
        """Return the position in bytes."""
        return self.position

    def readinto(self, buffer):
        """Fill `buffer` with what follows, as far as the window reaches."""
        if self.position >= self.remote.size:
            return 0
        end = self.begin + len(self.window)
        if not self.begin <= self.position < end:
            self.step = min(2 * self.step, LARGEST) if self.position == end and self.window else FIRST
            end = self.until if self.position < self.until else self.remote.size
            stop = min(self.position + max(self.step, len(buffer)), max(end, self.position + FIRST), self.remote.size)
            self.window, self.begin = b"".join(self.remote.chunks(self.position, stop)), self.position
        first = self.position - self.begin
        part = self.window[first : first + len(buffer)]
        buffer[: len(part)] = part
        self.position += len(part)
        return len(part)
