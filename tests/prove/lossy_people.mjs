// People with the real client core, each in a thread of their own that is ended without a word and begun anew.
//
//   node lossy_people.mjs CORE PLAN: the packed client, and {url, folder, seed, life_ms, people: [{id, token, conversations, sends}]}
//
// Prints one line of JSON when everybody has written and sent everything and all have the same: {reloads, seconds, shown}, where
// `shown` has what each person sees of each conversation: [[seq, text] ...].
import fs from 'node:fs'
import path from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const ANSWER_TIMEOUT_MS = 300
/** Nobody writes on while so much waits. */
const WAITING = 12
const PATIENCE_MS = 40_000

/** Numbers from 0 to 1, always the same ones for a seed. */
function chanceOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The outbox's place on disk: a file for each message that waits, and a line for each that was ever written. */
class Folder {
  constructor(folder) {
    this.folder = path.join(folder, 'waiting')
    this.journal = path.join(folder, 'written')
    fs.mkdirSync(this.folder, { recursive: true })
    for (const name of fs.readdirSync(this.folder)) if (name.endsWith('.new')) fs.rmSync(path.join(this.folder, name))
    this.known = new Set(fs.existsSync(this.journal) ? fs.readFileSync(this.journal, 'utf8').split('\n').filter(Boolean) : [])
    // The thread may have ended between the two.
    for (const item of this.items()) this.note(item)
  }

  items() {
    const names = fs.readdirSync(this.folder).filter((name) => name.endsWith('.json'))
    return names.map((name) => JSON.parse(fs.readFileSync(path.join(this.folder, name), 'utf8')))
  }

  note({ text }) {
    if (this.known.has(text)) return
    this.known.add(text)
    fs.appendFileSync(this.journal, `${text}\n`)
  }

  get waiting() {
    return fs.readdirSync(this.folder).filter((name) => name.endsWith('.json')).length
  }

  get written() {
    return this.known.size
  }

  all() {
    return Promise.resolve(this.items().sort((one, other) => one.queued_at - other.queued_at))
  }

  put(item) {
    const file = path.join(this.folder, item.client_id)
    fs.writeFileSync(`${file}.new`, JSON.stringify(item))
    fs.renameSync(`${file}.new`, `${file}.json`)
    this.note(item)
    return Promise.resolve()
  }

  delete(clientId) {
    fs.rmSync(path.join(this.folder, `${clientId}.json`), { force: true })
    return Promise.resolve()
  }

  has(clientId) {
    return Promise.resolve(fs.existsSync(path.join(this.folder, `${clientId}.json`)))
  }
}

async function live({ core, url, folder, seed, person }) {
  const { createMadang } = await import(core)
  const chance = chanceOf(seed)
  const storage = new Folder(folder)
  const madang = createMadang({ url, token: person.token, storage, answerTimeoutMs: ANSWER_TIMEOUT_MS })
  const { conversations } = person
  parentPort.on('message', () => {
    const shown = conversations.map((id) => [id, madang.timelineOf(id).get()])
    parentPort.postMessage({
      positions: shown.map(([id, { known_seq, more_after }]) => [id, more_after ? -1 : known_seq]),
      waiting: storage.waiting + shown.reduce((sum, [, { items }]) => sum + items.filter(({ state }) => state !== 'sent').length, 0),
      items: shown.map(([id, { items }]) => [id, items.filter(({ kind }) => kind === 'message').map(({ message }) => [message.seq, message.text])]),
    })
  })
  await madang.start()
  const stop = madang.connection.subscribe(({ state }) => state === 'online' && queueMicrotask(() => stop(parentPort.postMessage({ here: true }))))
  // Some look at what is said, each at other conversations in each life.
  const looked = conversations.filter(() => chance() < 0.5)
  void Promise.all(looked.map((id) => madang.openTimeline(id)))
  while (storage.written < person.sends) {
    if (storage.waiting < WAITING) {
      const id = conversations[Math.floor(chance() * conversations.length)]
      madang.send(id, { text: `${person.id} ${id} ${storage.written + 1}` })
    }
    await sleep(chance() * 20)
  }
  while (storage.waiting > 0) await sleep(20)
  parentPort.postMessage({ done: true })
  // Some stand where reading stopped.
  await Promise.all(conversations.map((id) => madang.openTimeline(id)))
  await Promise.all(conversations.map((id) => madang.jumpToLatest(id)))
}

/** One person, through as many lives as it takes. */
class Person {
  reloads = 0
  constructor(plan, person, place) {
    this.plan = plan
    this.person = person
    this.chance = chanceOf(plan.seed + 7919 * place)
  }

  /** Resolves when everything is written and sent; the last life goes on. */
  async run() {
    while (!(await this.oneLife())) this.reloads += 1
  }

  oneLife() {
    const seed = Math.floor(this.chance() * 2 ** 32)
    const [shortest, longest] = this.plan.life_ms
    const { url, core } = this.plan
    const folder = path.join(this.plan.folder, String(this.person.id))
    return new Promise((resolve, reject) => {
      this.worker = new Worker(new URL(import.meta.url), { workerData: { core, url, folder, seed, person: this.person } })
      const life_ms = shortest + this.chance() * (longest - shortest)
      let end
      const endLater = () => (end ??= setTimeout(() => this.worker.terminate().then(() => resolve(false)), life_ms))
      // On a busy machine it takes a while to get here; some do not get so far.
      if (this.chance() < 0.1) endLater()
      this.worker.on('error', reject)
      this.worker.on('message', (message) => {
        if (message.here) endLater()
        if (!message.done) return
        clearTimeout(end)
        resolve(true)
      })
    })
  }

  shows() {
    return new Promise((resolve) => {
      const listener = (message) => {
        if (message.done || message.here) return
        this.worker.off('message', listener)
        resolve(message)
      }
      this.worker.on('message', listener)
      this.worker.postMessage('show')
    })
  }
}

/** What everybody shows, as soon as it reaches equally far. */
async function agreed(people) {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const shown = await Promise.all(people.map((one) => one.shows()))
    const heads = new Map()
    for (const { positions } of shown) for (const [id, seq] of positions) heads.set(id, Math.max(seq, heads.get(id) ?? 0))
    const isEqual = shown.every(({ positions, waiting }) => waiting === 0 && positions.every(([id, seq]) => seq === heads.get(id)))
    if (isEqual || Date.now() > until) return shown
    await sleep(200)
  }
}

async function main(core, plan) {
  const began = Date.now()
  const people = plan.people.map((person, place) => new Person({ ...plan, core }, person, place))
  await Promise.all(people.map((one) => one.run()))
  const seconds = (Date.now() - began) / 1000
  const shown = await agreed(people)
  const answer = {
    reloads: people.reduce((sum, one) => sum + one.reloads, 0),
    seconds,
    healed_seconds: (Date.now() - began) / 1000 - seconds,
    shown: shown.flatMap(({ items }, place) => items.map(([conversation, lines]) => ({ person: plan.people[place].id, conversation, lines }))),
  }
  fs.writeSync(1, `${JSON.stringify(answer)}\n`)
  process.exit(0)
}

if (isMainThread) await main(path.resolve(process.argv[2]), JSON.parse(fs.readFileSync(process.argv[3], 'utf8')))
else await live(workerData)
