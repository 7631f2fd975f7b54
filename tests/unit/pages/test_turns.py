"""Turns of page runs: a few at once, in the order of their arrival; timers give way, and none is held for ever."""

import asyncio

from pages.ui.gate.turns import AT_ONCE, LONGEST, TIMER_PATIENCE, Turns


async def _let_others_run() -> None:
    for _n in range(5):
        await asyncio.sleep(0)


def test_a_page_waits_while_as_many_run_as_may_and_the_first_to_come_is_next() -> None:
    async def story() -> None:
        turns, order = Turns(lambda: 0.0), []

        async def run(page: str) -> None:
            await turns.take(page)
            order.append(page)

        for n in range(AT_ONCE):
            await run(f"runs {n}")
        waiting = [asyncio.create_task(run(page)) for page in ("first", "second")]
        await _let_others_run()
        assert order[AT_ONCE:] == []
        turns.give_back("runs 0")
        await _let_others_run()
        assert order[AT_ONCE:] == ["first"]
        turns.give_back("first")
        await asyncio.gather(*waiting)
        assert order[AT_ONCE:] == ["first", "second"]

    asyncio.run(story())


def test_a_page_that_runs_already_goes_on_without_another_turn() -> None:
    async def story() -> None:
        turns = Turns(lambda: 0.0)
        for page in (*range(AT_ONCE), 0):
            await asyncio.wait_for(turns.take(page), 60)
        turns.give_back(0)
        await asyncio.wait_for(turns.take("next"), 60)

    asyncio.run(story())


def test_a_run_that_does_not_end_and_a_page_that_is_closed_hold_nobody() -> None:
    async def story() -> None:
        clock = [0.0]
        turns = Turns(lambda: clock[0])
        for n in range(AT_ONCE):
            await turns.take(n)
        clock[0] = LONGEST + 1
        for n in range(AT_ONCE):
            await asyncio.wait_for(turns.take(f"new {n}"), 60)
        closed = asyncio.create_task(turns.take("closed"))
        await _let_others_run()
        closed.cancel()
        await asyncio.gather(closed, return_exceptions=True)
        turns.give_back("closed")
        turns.give_back("new 0")
        await asyncio.wait_for(turns.take("next"), 60)

    asyncio.run(story())


class _Queue:
    """Pages that wait for a turn while as many run as may; each runs until the next one is let in."""

    def __init__(self) -> None:
        self.clock, self.order = 0.0, list[str]()
        self.turns = Turns(lambda: self.clock)
        self._tasks: list[asyncio.Task[None]] = []

    async def fill(self) -> None:
        for n in range(AT_ONCE):
            await self.turns.take(f"runs {n}")

    async def wait(self, page: str, is_timer: bool = False) -> None:
        async def take() -> None:
            await self.turns.take(page, is_timer)
            self.order.append(page)

        self._tasks.append(asyncio.create_task(take()))
        await _let_others_run()

    async def end(self, page: str) -> None:
        self.turns.give_back(page)
        await _let_others_run()

    async def end_all(self) -> list[str]:
        await self.end("runs 0")
        for n in range(len(self._tasks)):
            await self.end(self.order[n])
        await asyncio.gather(*self._tasks)
        return self.order


def test_timers_give_way_to_people_who_came_later() -> None:
    async def story() -> None:
        queue = _Queue()
        await queue.fill()
        await queue.wait("timer", is_timer=True)
        await queue.wait("person 1")
        await queue.wait("person 2")
        assert await queue.end_all() == ["person 1", "person 2", "timer"]

    asyncio.run(story())


def test_timers_that_waited_too_long_and_people_run_by_turns() -> None:
    async def story() -> None:
        queue = _Queue()
        await queue.fill()
        for n in (1, 2):
            await queue.wait(f"timer {n}", is_timer=True)
        queue.clock = TIMER_PATIENCE
        for n in (1, 2):
            await queue.wait(f"person {n}")
        assert await queue.end_all() == ["timer 1", "person 1", "timer 2", "person 2"]

    asyncio.run(story())


def test_a_timer_whose_page_is_used_meanwhile_waits_as_a_person_does() -> None:
    async def story() -> None:
        queue = _Queue()
        await queue.fill()
        await queue.wait("timer", is_timer=True)
        await queue.wait("used", is_timer=True)
        queue.turns.hurry("used")
        queue.turns.hurry("nobody waits there")
        assert await queue.end_all() == ["used", "timer"]

    asyncio.run(story())
