// An unmodified socket.io-client that lives through one scenario: `stock_client.cjs SCENARIO URL TRANSPORT...`
// What happens to it is printed as lines of JSON, [what, ...values]; bytes are printed as hexadecimal text.
const { io } = require('socket.io-client')
const readline = require('node:readline')

const BURST = 300
const AFTER_UPGRADE = 20

const [scenario, url, ...transports] = process.argv.slice(2)
const socket = io(url, { transports, reconnectionDelay: 20, reconnectionDelayMax: 100 })

const shown = (key, value) => value instanceof ArrayBuffer ? shown(key, { type: 'Buffer', data: new Uint8Array(value) })
  : value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value
const say = (...line) => process.stdout.write(`${JSON.stringify(line, shown)}\n`)
const ask = (...event) => new Promise((resolve) => socket.emit(...event, (...answer) => resolve(answer)))

socket.on('connect', () => say('connect', socket.io.engine.transport.name, socket.id))
socket.on('disconnect', (reason) => say('disconnect', reason))
socket.on('connect_error', (error) => say('connect_error', error.message))
socket.on('question', (number, bytes, answer) => answer(number + 1, bytes, { thanks: true }))

const scenarios = {
  // Asks and is asked, with several arguments and with bytes; then as much as fits in a burst, both ways.
  async talk() {
    say('several', ...(await ask('echo', 1, 'two', { three: [true, null] })))
    say('none', ...(await ask('nothing')))
    say('bytes', ...(await ask('echo', Buffer.from([0, 1, 255]), { inside: [Buffer.from('마당')] })))
    for (let number = 0; number < BURST; number += 1) socket.emit('count', number)
    say('counted', ...(await ask('counted')))
    const numbers = []
    socket.on('number', (number) => numbers.push(number) === BURST && say('numbers', ...numbers))
    socket.emit('numbers', BURST)
  },

  // A number goes to and fro without a pause, from the first poll until the WebSocket has carried it for a while.
  upgrade() {
    const numbers = []
    let carried = 0
    socket.on('number', (number) => {
      numbers.push(number)
      if (socket.io.engine.transport.name === 'websocket') carried += 1
      if (carried < AFTER_UPGRADE) socket.emit('next', number + 1)
      else say('numbers', ...numbers)
    })
    socket.io.on('open', () => socket.io.engine.on('upgrading', () => {
      for (let number = 0; number < 10; number += 1) socket.emit('during', number)
    }))
    socket.emit('next', 0)
  },

  // Stays, whatever happens, and asks for an echo of each line.
  stay() {
    readline.createInterface({ input: process.stdin }).on('line', async (line) => {
      if (line === 'leave') socket.disconnect()
      else say('echo', ...(await ask('echo', line)))
    })
  },
}

scenarios[scenario]()
process.stdin.on('close', () => process.exit(0)).resume()
