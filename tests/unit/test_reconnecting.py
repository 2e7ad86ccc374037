"""A broken connection is tried again at once, then more patiently, and not for ever."""

from ivr.clients.reconnecting import PAUSES_S, Trouble


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_first_attempt_comes_at_once_and_the_pauses_grow_until_time_is_up() -> None:
    clock = Clock()
    trouble = Trouble(clock, 3.0)
    pauses = []
    while (pause_s := trouble.next_pause_s()) is not None:
        pauses.append(pause_s)
        clock.now_s += pause_s + 0.3
    assert pauses == [0.0, 0.2, 0.4, 0.8]
    assert clock.now_s <= 103.0


def test_each_loss_has_its_own_time() -> None:
    clock = Clock()
    trouble = Trouble(clock, 3.0)
    trouble.connected()
    clock.now_s += 600
    assert trouble.time_left_s == 3.0
    assert trouble.next_pause_s() == 0.0
    clock.now_s += 2.0
    assert trouble.time_left_s == 1.0


def test_a_peer_that_drops_every_connection_is_given_up_after_some() -> None:
    trouble = Trouble(Clock(), 3.0)
    pauses = []
    while (pause_s := trouble.next_pause_s()) is not None:
        pauses.append(pause_s)
        trouble.connected()
    assert pauses == list(PAUSES_S)


def test_a_connection_that_proves_itself_wipes_the_slate() -> None:
    trouble = Trouble(Clock(), 3.0)
    for _ in range(20):
        assert trouble.next_pause_s() == 0.0
        trouble.connected()
        trouble.end()
