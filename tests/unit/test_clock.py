"""Virtual time: timers fire in order, at their own instant, and what they set off comes before the next."""

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from penstock.base.clock import Clock
from penstock.base.signals import Signals


def test_advance_fires_timers_at_their_own_instants() -> None:
    async def main() -> list[tuple[str, int]]:
        clock, seen = Clock(), []
        start = clock.now()
        for name, delay in (("b", 7200), ("a", 60), ("late", 90000)):
            clock.call_at(start + delay, lambda name=name: seen.append((name, round(clock.now() - start))))
        await clock.advance(86400)
        assert round(clock.now() - start) == 86400
        return seen

    assert asyncio.run(main()) == [("a", 60), ("b", 7200)]


def test_what_a_timer_sets_off_happens_before_the_next_timer() -> None:
    async def main() -> list[str]:
        clock, seen = Clock(), []
        start = clock.now()

        async def retried() -> None:
            with clock.work():
                await asyncio.sleep(0.01)  # real work, such as a function's process
                seen.append("work of the first")
                clock.call_at(clock.now() + 10, lambda: seen.append("retry"))

        clock.call_at(start + 10, lambda: asyncio.ensure_future(retried()))
        clock.call_at(start + 100, lambda: seen.append("second"))
        await clock.advance(200)
        return seen

    assert asyncio.run(main()) == ["work of the first", "retry", "second"]


@given(st.lists(st.integers(0, 1000), max_size=20), st.randoms(use_true_random=False))
def test_any_timers_fire_in_order(delays: list[int], order: random.Random) -> None:
    async def main() -> list[int]:
        clock, seen = Clock(), []
        start = clock.now()
        shuffled = order.sample(delays, len(delays))
        for delay in shuffled:
            clock.call_at(start + delay, lambda delay=delay: seen.append(delay))
        await clock.advance(1001)
        return seen

    assert asyncio.run(main()) == sorted(delays)


def test_how_far_time_was_moved_is_known_before_what_falls_due_happens() -> None:
    async def main() -> list[str]:
        clock, seen = Clock(), []
        start = clock.now()
        clock.moved = lambda: seen.append(f"at {round(clock.now() - start)}")
        clock.call_at(start + 60, lambda: seen.append("fired"))
        await clock.advance(90)
        return seen

    assert asyncio.run(main()) == ["at 60", "fired", "at 90"]


def test_a_cancelled_timer_does_not_fire() -> None:
    async def main() -> list[str]:
        clock, seen = Clock(), []
        clock.call_at(clock.now() + 5, lambda: seen.append("fired")).cancel()
        await clock.advance(10)
        return seen

    assert asyncio.run(main()) == []


def test_signals_wake_waiters_and_time_out_virtually() -> None:
    async def main() -> list[bool]:
        clock = Clock()
        signals = Signals(clock)
        woken = asyncio.ensure_future(signals.wait("k", 3600))
        await asyncio.sleep(0)
        signals.notify("k")
        timed_out = asyncio.ensure_future(signals.wait("k", 3600))
        await asyncio.sleep(0)
        await clock.advance(3601)
        return [await woken, await timed_out]

    assert asyncio.run(main()) == [True, False]


def test_notify_one_wakes_the_one_who_waited_longest() -> None:
    async def main() -> list[str]:
        clock, seen = Clock(), []
        signals = Signals(clock)

        async def waiter(name: str) -> None:
            await signals.wait("k")
            seen.append(name)

        tasks = [asyncio.ensure_future(waiter(name)) for name in "ab"]
        await asyncio.sleep(0)
        assert signals.notify_one("k")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not signals.notify_one("k")
        return seen

    assert asyncio.run(main()) == ["a"]


def test_what_is_real_is_looked_at_ten_times_however_far_time_is_moved() -> None:
    async def main() -> list[int]:
        clock, looks = Clock(), []
        start = clock.now()

        async def watch() -> None:
            while True:
                await clock.sleep(clock.pace(30))
                looks.append(round(clock.now() - start))

        watching = asyncio.ensure_future(watch())
        await clock.advance(90)
        near = list(looks)
        await clock.advance(86400)
        watching.cancel()
        return [*near, len(looks) - len(near)]

    assert asyncio.run(main()) == [30, 60, 90, 10]
