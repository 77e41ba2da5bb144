// An unmodified socket.io-client that says what it hears, a line of JSON each, until its input ends.
const { io } = require('socket.io-client')

const [url, ...transports] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const socket = io(url, { transports, reconnectionDelay: 20, reconnectionDelayMax: 100 })
socket.onAny((event, ...args) => say([event, ...args]))
socket.on('connect', () => say(['connect', { sid: socket.id, recovered: socket.recovered, by: socket.io.engine.transport.name }]))
socket.on('disconnect', (reason) => say(['disconnect', reason]))
socket.io.engine.on('upgrade', (transport) => say(['upgrade', transport.name]))
process.stdin.resume().on('end', () => process.exit(0))
