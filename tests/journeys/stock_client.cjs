// An unmodified socket.io-client, driven by lines of JSON: in {command, payload}, out {event, arguments} and {reply}.
const { io } = require('socket.io-client')
const readline = require('node:readline')

const [url, token, ...transports] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const chat = io(`${url}/chat`, { auth: { token, protocol: 1 }, transports, reconnectionDelay: 100, reconnectionDelayMax: 300 })
chat.onAny((event, ...args) => say({ event, arguments: args }))
chat.on('connect', () => say({ event: 'connect', arguments: [chat.io.engine.transport.name] }))
chat.on('disconnect', (reason) => say({ event: 'disconnect', arguments: [reason] }))
chat.on('connect_error', (error) => say({ event: 'connect_error', arguments: [error.message, error.data] }))

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { command, payload } = JSON.parse(line)
  say({ reply: await chat.timeout(15000).emitWithAck(command, payload) })
}).on('close', () => process.exit(0))
