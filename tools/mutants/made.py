"""Objects that pyxlock.stress cannot make by itself: the factories that packages.toml names.

The streams below give and take as many bytes as somebody wants.
"""

import collections
import itertools

Value = collections.namedtuple("Value", "n")


class Stream:
    """A socket, a file and a transport of thrift in one, which is open and has no end."""

    def recv_into(self, buffer):
        """Fill a buffer with short strings, each behind its length."""
        buffer[:] = itertools.islice(itertools.cycle(b"\3abc"), len(buffer))
        return len(buffer)

    def read(self, size=64):
        """Return frames of four bytes, each behind its length."""
        return bytes(itertools.islice(itertools.cycle(b"\0\0\0\4"), size))

    def read_block(self):
        """Return a block of short strings."""
        return b"\3abc" * 16

    def write(self, data):
        """Take it, and forget it."""

    sendall = write

    def flush(self):
        """Do nothing."""

    open = close = flush

    def is_open(self):
        """Say that it is."""
        return True


class Sasl:
    """A client of SASL that agrees with everything."""

    def start(self, mechanism):
        """Begin."""
        return True, mechanism, b""

    def step(self, payload):
        """Go on."""
        return True, payload

    def encode(self, data):
        """Leave it as it is."""
        return True, data

    decode = encode

    def getError(self):
        """Say that there was none."""
        return ""


class Server(Stream):
    """The other end: it completes the handshake, and sends frames of eight zeros."""

    def read(self, size=64):
        """Return what a header, a frame or its length is."""
        return {5: b"\5\0\0\0\0", 4: b"\0\0\0\10"}.get(size, bytes(size))


class Frames(Stream):
    """A socket that sends frames of four zeros."""

    def __init__(self):
        """Begin."""
        self.rest = itertools.cycle(b"\0\0\0\4\0\0\0\0")

    def read(self, size=64):
        """Go on."""
        return bytes(itertools.islice(self.rest, size))


class Zeros(Stream):
    """A socket that sends zeros: no number that is read there is a length."""

    def read(self, size=64):
        """Return them."""
        return bytes(size)


class Protocol:
    """What httptools calls."""

    def on_message_begin(self):
        """Do nothing."""

    on_headers_complete = on_message_complete = on_chunk_header = on_chunk_complete = on_message_begin

    def on_body(self, body):
        """Do nothing."""

    on_url = on_status = on_body

    def on_header(self, name, value):
        """Do nothing."""


def hash_table_nt():
    """Return a table of borghash with named tuples."""
    from borghash import HashTableNT

    return HashTableNT(((b"%04d" % n, (n,)) for n in range(20)), key_size=4, value_type=Value, value_format=Value("I"))


def hash_table():
    """Return a table of borghash with items in it."""
    from borghash import HashTable

    return HashTable(((b"%04d" % n, b"%04d" % n) for n in range(20)), key_size=4, value_size=4)


def socket_reader():
    """Return a reader of clickhouse-driver."""
    from clickhouse_driver.bufferedreader import BufferedSocketReader

    return BufferedSocketReader(Stream(), 64)


def compressed_reader():
    """Return another one."""
    from clickhouse_driver.bufferedreader import CompressedBufferedReader

    return CompressedBufferedReader(Stream().read_block, 64)


def socket_writer():
    """Return a writer of clickhouse-driver."""
    from clickhouse_driver.bufferedwriter import BufferedSocketWriter

    return BufferedSocketWriter(Stream(), 64)


def compressed_writer():
    """Return another one."""
    from clickhouse_driver.bufferedwriter import CompressedBufferedWriter

    return CompressedBufferedWriter(Stream(), 64)


def buffered(stream=Stream):
    """Return a transport of thriftpy2."""
    from thriftpy2.transport.buffered.cybuffered import TCyBufferedTransport

    return TCyBufferedTransport(stream(), 1024)


def framed():
    """Return another one."""
    from thriftpy2.transport.framed.cyframed import TCyFramedTransport

    return TCyFramedTransport(Frames(), 1024)


def sasl():
    """Return the one with SASL, which is open."""
    from thriftpy2.transport.sasl.cysasl import TCySaslClientTransport

    made = TCySaslClientTransport(Sasl, "PLAIN", Server())
    made.open()
    return made


def memory():
    """Return one that keeps bytes."""
    from thriftpy2.transport.memory.cymemory import TCyMemoryBuffer

    return TCyMemoryBuffer(bytes(256))


class Record:
    """A struct of thrift with a number and a text."""

    thrift_spec = {1: (8, "number", False), 2: (11, "text", False)}
    number, text = 7, "abcd"


TRANSPORTS = itertools.cycle((lambda: buffered(Zeros), framed, sasl))


def binary_protocol():
    """Return a protocol of thriftpy2, over those of its transports in turn that have no end."""
    from thriftpy2.protocol.cybin.cybin import TCyBinaryProtocol

    return TCyBinaryProtocol(next(TRANSPORTS)(), strict_read=False)


def request_parser():
    """Return a parser of httptools."""
    from httptools import HttpRequestParser

    return HttpRequestParser(Protocol())


def response_parser():
    """Return another one."""
    from httptools import HttpResponseParser

    return HttpResponseParser(Protocol())
