"""Turns of page runs: a few at once, in the order of their arrival, and none is held for ever."""

import asyncio

from pages.ui.gate.turns import AT_ONCE, LONGEST, Turns


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
            assert not turns.are_taken
            await run(f"runs {n}")
        assert turns.are_taken
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
        for n in range(AT_ONCE):
            await turns.take(n)
        await turns.take(0)
        turns.give_back(0)
        assert not turns.are_taken

    asyncio.run(story())


def test_a_run_that_does_not_end_and_a_page_that_is_closed_hold_nobody() -> None:
    async def story() -> None:
        clock = [0.0]
        turns = Turns(lambda: clock[0])
        for n in range(AT_ONCE):
            await turns.take(n)
        clock[0] = LONGEST + 1
        assert not turns.are_taken
        for n in range(AT_ONCE):
            await turns.take(f"new {n}")
        closed = asyncio.create_task(turns.take("closed"))
        await _let_others_run()
        closed.cancel()
        await asyncio.gather(closed, return_exceptions=True)
        turns.give_back("closed")
        turns.give_back("new 0")
        assert not turns.are_taken

    asyncio.run(story())
