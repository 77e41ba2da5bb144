"""Numbered events to clients that are cut off whenever chance will have it: each hears every number once."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.engine.recovery.conftest import OpenStage
from tests.engine.recovery.stage import Guest, Stage


class Wanderer:
    """A guest that reads now and then, and is cut off now and then; what it has not read by then is lost."""

    def __init__(self, guest: Guest, dice: random.Random) -> None:
        self.guest = guest
        self._dice = dice

    async def goes_on(self, stage: Stage) -> None:
        """Reads some of what must have come, or loses its connection and comes back."""
        if self._dice.random() < 0.6:
            unread = stage.last + 1 - len(self.guest.numbers)
            for _ in range(self._dice.randint(0, unread)):
                await self.guest.hears()
            return
        if self._dice.random() < 0.7:
            self.guest.goes_away()  # otherwise the server believes that it is there still
        self.guest.transport = self._dice.choice(["websocket", "polling"])
        await stage.tell(self._dice.randint(0, 5))
        await self.guest.comes()
        assert self.guest.is_recovered


@pytest.mark.parametrize("seed", range(12))
async def test_nobody_misses_a_number_and_nobody_hears_one_twice(opened: OpenStage, seed: int) -> None:
    dice = random.Random(seed)
    async with opened() as (stage, visitor):

        async def live() -> None:
            await stage.tell(dice.randint(0, 3))
            if dice.random() < 0.3:
                await asyncio.sleep(0)

        wanderers = [Wanderer(Guest(visitor, dice.choice(["websocket", "polling"])), dice) for _ in range(3)]
        for wanderer in wanderers:
            await wanderer.guest.comes()
        for call in ("recall", "replay", "remember"):
            stage.memory.before[call] = stage.memory.after[call] = live
        for _ in range(60):
            await stage.tell(dice.randint(0, 4))
            await dice.choice(wanderers).goes_on(stage)
        for wanderer in wanderers:
            await wanderer.guest.comes()
        await stage.finish()
        for wanderer in wanderers:
            assert await wanderer.guest.hears_all() == list(range(stage.last + 1))
        assert set(stage.outcomes()) == {"recovered"}
