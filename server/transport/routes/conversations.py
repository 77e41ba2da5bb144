"""Conversations over HTTP, for bots and scripts: list them, read back, say something."""

from __future__ import annotations

from aiohttp import web

from server.errors import NotFound
from server.protocol import chat, http
from server.services.conversations import Conversations
from server.services.messages import Messages
from server.transport.guard import body_of, id_in, query_of, reply
from server.transport.identity import Identity


def routes(conversations: Conversations, messages: Messages, identity: Identity) -> list[web.RouteDef]:
    """The same rules and bodies as the commands of the same names."""

    async def list_conversations(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        return reply(await conversations.list(me.account.id, query_of(request, chat.ListConversations)))

    async def list_messages(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        command: chat.FetchMessages = query_of(request, chat.FetchMessages, conversation_id=_id(request))
        return reply(await messages.fetch_messages(me.account.id, command))

    async def post_message(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        asked: http.PostMessage = await body_of(request, http.PostMessage)
        command = chat.SendMessage(
            conversation_id=_id(request),
            client_id=asked.client_id,
            text=asked.text,
            reply_to_seq=asked.reply_to_seq,
            file_ids=asked.file_ids,
        )
        sent = await messages.send(me.account.id, command)
        return reply(sent, 200 if sent.duplicate else 201)

    return [
        web.get("/api/v1/conversations", list_conversations),
        web.get("/api/v1/conversations/{id}/messages", list_messages),
        web.post("/api/v1/conversations/{id}/messages", post_message),
    ]


def _id(request: web.Request) -> int:
    return id_in(request, NotFound("There is no such conversation.", field="conversation_id"))
