// Uploads bytes with the published tus-js-client and says how it went: node tus_upload.cjs '{"endpoint": ..., ...}'
const tus = require('tus-js-client')

const { endpoint, token, size, chunk, name } = JSON.parse(process.argv[2])
const content = Buffer.alloc(size)
for (let at = 0; at + 4 <= size; at += 4096) content.writeUInt32BE(at, at)
const asked = []

const upload = new tus.Upload(content, {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  chunkSize: chunk ?? Infinity,
  retryDelays: [20, 50, 100, 200, 500, 500, 500, 500],
  metadata: { filename: name ?? 'much.bin', filetype: 'application/octet-stream' },
  onBeforeRequest: (request) => asked.push(request.getMethod()),
  onError: (error) => console.log(JSON.stringify({ error: String(error), asked })),
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, asked })),
})
upload.start()
