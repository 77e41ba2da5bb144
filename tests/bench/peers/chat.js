// The smallest chat on Node's Socket.IO that answers the load generator: the same words on the wire as Madang's,
// without accounts, limits or a log. `auth.token` is the account's number; accounts 1, 2 share a conversation, and so
// on, `groupSize` each.
import { createServer } from 'node:http'

import { Server } from 'socket.io'

/** Starts it on a free port of loopback and prints the port. `store(accountId, command)` returns the entry, or throws. */
export function serve(groupSize, store) {
  const http = createServer()
  const server = new Server(http, { serveClient: false, perMessageDeflate: false })
  const chat = server.of('/chat')

  chat.on('connection', (socket) => {
    const accountId = Number(socket.handshake.auth.token)
    const conversationId = conversationOf(accountId, groupSize)
    socket.join(`conversation:${conversationId}`)
    socket.on('send_message', (command, answer) => {
      const entry = store(accountId, command)
      answer({ ok: true, data: { conversation_id: entry.conversation_id, seq: entry.seq, sent_at: entry.at, duplicate: false } })
      chat.to(`conversation:${entry.conversation_id}`).emit('message_created', entry, String(entry.seq))
    })
    socket.on('set_active', (command, answer) => answer({ ok: true, data: {} }))
    socket.emit('ready', {})
  })
  server.of('/notifications').on('connection', (socket) => socket.emit('ready', { head_seq: 0, unseen: 0, unread: 0 }))

  http.listen(0, '127.0.0.1', () => console.log(http.address().port))
  process.on('SIGTERM', () => process.exit(0))
}

export function conversationOf(accountId, groupSize) {
  return Math.floor((accountId - 1) / groupSize) + 1
}

/** What goes out for a message: of the same shape and size as Madang's. */
export function entryOf(accountId, command, seq, at) {
  return {
    conversation_id: command.conversation_id,
    seq,
    kind: 'message_created',
    actor_id: accountId,
    at,
    data: {
      conversation_id: command.conversation_id,
      seq,
      client_id: command.client_id,
      sender_id: accountId,
      sent_at: at,
      text: command.text,
      attachments: [],
      mentions: [],
      reactions: [],
    },
  }
}
