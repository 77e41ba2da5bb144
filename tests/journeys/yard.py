"""Who talks and who is cut off, in the journeys of clients that come back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.chat_client import ChatClient
from tests.journeys.returning import NOTIFICATIONS, ReturningClient
from tests.people import Person


@dataclass
class Yard:
    """ana talks; ben is in a group with her and cleo, and has a direct conversation with her."""

    url: str
    ana: ChatClient
    ben: Person
    cleo: Person
    group: int
    direct: int
    said: int = 0

    async def say(self, where: int, count: int = 1) -> list[str]:
        """What ana says now."""
        texts = [f"word {self.said + number}" for number in range(count)]
        self.said += count
        sends = [
            self.ana.do(
                "send_message", conversation_id=where, client_id=text.replace(" ", "-").ljust(8, "-"), text=text
            )
            for text in texts
        ]
        await asyncio.gather(*sends)
        return texts

    def returning(self, transports: str = "websocket") -> ReturningClient:
        """ben's device."""
        return ReturningClient(self.url, self.ben.token, transports)

    async def told_ben(self, text: str) -> None:
        """Returns when ben's inbox says what ana has said to him; who writes it comes behind."""
        async with asyncio.timeout(60), ChatClient(self.url, self.ben.token) as ben:
            while True:
                page = await ben.do("list_notifications", namespace=NOTIFICATIONS)
                if any(row["body"] == text for row in page["notifications"]):
                    return
                await asyncio.sleep(0.05)


async def begun(url: str, ana: ChatClient, people: dict[str, Person]) -> Yard:
    ben, cleo = people["ben"], people["cleo"]
    ids = [ben.id, cleo.id]
    group = await ana.do("create_group", client_id=f"group-of-{ben.name}", title="Yard", account_ids=ids)
    direct = await ana.do("open_direct", account_id=ben.id)
    return Yard(url, ana, ben, cleo, group["id"], direct["id"])
