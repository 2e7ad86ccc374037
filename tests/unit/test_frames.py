"""WebSocket frames, cut anywhere and bent in every way."""

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping

from ivr.web.frames import BINARY, NORMAL, PING, PROTOCOL_ERROR, TOO_BIG, BadFrames, FrameReader, answer_to_close

MASK = b"\x01\x02\x03\x04"


@seed(1)
@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_messages_are_the_same_however_they_arrive(messages: list[bytes], piece: int) -> None:
    client, reader = Connection(ConnectionType.CLIENT), FrameReader(1000)
    sent = b"".join(client.send(BytesMessage(one)) for one in messages) + client.send(Ping(b"?"))
    heard = [one for at in range(0, len(sent), piece) for one in reader.feed(sent[at : at + piece])]
    assert heard == [*((BINARY, one) for one in messages), (PING, b"?")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x01x", PROTOCOL_ERROR),  # not masked
        (b"\xc1\x81" + MASK + b"x", PROTOCOL_ERROR),  # compressed, though nobody agreed to that
        (b"\x80\x81" + MASK + b"x", PROTOCOL_ERROR),  # goes on with what was never begun
        (b"\x01\x81" + MASK + b"x\x81\x81" + MASK + b"x", PROTOCOL_ERROR),  # begins anew before the end
        (b"\x83\x81" + MASK + b"x", PROTOCOL_ERROR),  # an opcode that there is not
        (b"\x8b\x80" + MASK, PROTOCOL_ERROR),  # nor this, of a control frame
        (b"\x01\x80" + MASK + (b"\x00\x80" + MASK) * 2000, TOO_BIG),  # nothing, in endless pieces
        (b"\x09\x80" + MASK, PROTOCOL_ERROR),  # a control frame in pieces
        (b"\x89\xfe\x00\x7e", PROTOCOL_ERROR),  # a control frame that is too long
        (b"\x81\xff" + (2**62).to_bytes(8, "big"), TOO_BIG),
        (b"\x01\xfe\x03\x00" + MASK + bytes(768) + b"\x80\xfe\x03\x00" + MASK + bytes(768), TOO_BIG),
    ],
)
def test_what_breaks_the_protocol_is_told_by_its_code(data: bytes, code: int) -> None:
    with pytest.raises(BadFrames) as bad:
        list(FrameReader(1000).feed(data))
    assert bad.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", NORMAL),
        (b"\x03\xe9going", 1001),
        (b"\x0f\xa0", 4000),
        (b"\x03", PROTOCOL_ERROR),
        (b"\x03\xed", PROTOCOL_ERROR),  # 1005, which only stands for none
        (b"\x00\x01", PROTOCOL_ERROR),
    ],
)
def test_a_farewell_is_answered_with_a_code_that_may_be_sent(payload: bytes, code: int) -> None:
    assert answer_to_close(payload) == code
