// Many unmodified socket.io-clients in both namespaces. A line of JSON in: {url, clients: [{token, transports}]}; then
// each line that says `report` is answered with one, and the end of the input ends it.
const { Manager } = require('socket.io-client')
const readline = require('node:readline')

class Client {
  constructor(url, { token, transports }) {
    this.comings = { '/chat': [], '/notifications': [] }
    this.places = new Map()
    this.rows = new Map()
    this.away = []
    this.caughtUp = []
    this.repeated = 0
    const manager = new Manager(url, transports ? { transports } : {})
    manager.on('open', () => (this.openedAt = performance.now()))
    const chat = manager.socket('/chat', { auth: { token } })
    const inbox = manager.socket('/notifications', { auth: { token } })
    for (const socket of [chat, inbox]) {
      socket.on('connect', () => this.comings[socket.nsp].push(Boolean(socket.recovered)))
      // A server that is going down refuses for a moment; nobody else but the application comes again then.
      socket.on('connect_error', () => socket.active || setTimeout(() => socket.connect(), 1000))
    }
    chat.on('disconnect', () => (this.goneAt ??= performance.now()))
    chat.on('ready', (ready) => this.onReady(ready))
    inbox.on('ready', ({ head_seq }) => (this.inboxFrom ??= head_seq))
    chat.onAny((event, entry, offset) => typeof offset === 'string' && this.onEntry(entry))
    inbox.onAny((event, row, offset) => typeof offset === 'string' && this.rows.set(row.id, row.seq))
  }

  onReady({ recovered, conversations }) {
    if (this.goneAt !== undefined) {
      const now = performance.now()
      this.away.push(now - this.goneAt)
      this.caughtUp.push(now - this.openedAt)
      this.goneAt = undefined
    }
    if (recovered) return
    for (const { id, head_seq } of conversations) this.places.set(id, { base: head_seq, heard: new Set() })
  }

  onEntry({ conversation_id, seq }) {
    const { base, heard } = this.places.get(conversation_id)
    if (seq <= base) return
    if (heard.has(seq)) this.repeated++
    heard.add(seq)
  }

  report() {
    const places = {}
    for (const [id, { base, heard }] of this.places) {
      const last = Math.max(base, ...heard)
      const missing = []
      for (let seq = base + 1; seq < last; seq++) if (!heard.has(seq)) missing.push(seq)
      places[id] = { last, heard: heard.size, missing }
    }
    const { comings, away, caughtUp, repeated, rows, inboxFrom } = this
    return { comings, away, caught_up: caughtUp, repeated, places, rows: Object.fromEntries(rows), inbox_from: inboxFrom }
  }
}

let clients
readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line !== 'report') {
      const { url, clients: described } = JSON.parse(line)
      clients = described.map((client) => new Client(url, client))
    } else {
      process.stdout.write(`${JSON.stringify(clients.map((client) => client.report()))}\n`)
    }
  })
  .on('close', () => process.exit(0))
