// Two unmodified sockets of socket.io-client over one connection: lines of JSON in, {do: 'cut' | 'back'} or
// {ask, payload, namespace}; and out, [namespace, event, ...arguments] or {reply}.
const { Manager } = require('socket.io-client')
const readline = require('node:readline')

const [url, token, ...transports] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const manager = new Manager(url, { transports, reconnectionDelay: 50, reconnectionDelayMax: 200 })
const sockets = {}

for (const namespace of ['/chat', '/notifications']) {
  const socket = (sockets[namespace] = manager.socket(namespace, { auth: { token, protocol: 1 } }))
  socket.onAny((event, ...args) => say([namespace, event, ...args]))
  socket.on('connect', () => say([namespace, 'connect', { recovered: socket.recovered, id: socket.id }]))
  socket.on('disconnect', (reason) => say([namespace, 'disconnect', reason]))
  socket.on('connect_error', (error) => say([namespace, 'connect_error', error.message]))
}

readline
  .createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const order = JSON.parse(line)
    if (order.do === 'cut') {
      manager.reconnection(false)
      // As a network does it: no goodbye, whatever the transport.
      const { transport } = manager.engine
      transport.name === 'polling' ? transport.onClose() : transport.ws._socket.destroy()
    } else if (order.do === 'back') {
      manager.reconnection(true)
      manager.connect()
    } else {
      say({ reply: await sockets[order.namespace].timeout(15000).emitWithAck(order.ask, order.payload) })
    }
  })
  .on('close', () => process.exit(0))
