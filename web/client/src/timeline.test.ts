import { describe, expect, test } from 'vitest'
import { ANA, BEN, entry, FakeServer, message, YARD, conversation } from './testing/fakeServer.ts'
import { append, countBeyond, emptyLog, hasGap, KEEP_ITEMS, loading, prepend, receive, replaceWith, seqOf, type Log, type Page } from './timeline.ts'
import type { Entry, Message } from './types.ts'

function page(messages: Message[], head_seq: number, changes: Partial<Page> = {}): Page {
  return { messages, head_seq, more_before: false, more_after: false, ...changes }
}

/** A loaded timeline that holds these messages. */
function logOf(messages: Message[], head = messages.at(-1)?.seq ?? 0, changes: Partial<Page> = {}): Log {
  return replaceWith(loading(emptyLog(YARD, ANA)), page(messages, head, changes))
}

const said = (seq: number, changes: Partial<Message> = {}): Entry => entry(seq, 'message_created', message(seq, changes))
const messagesOf = (log: Log): Message[] => log.items.flatMap((item) => (item.kind === 'message' ? [item.message] : []))
const seqs = (log: Log): number[] => log.items.map(seqOf)

describe('what an entry changes', () => {
  test('a message is added at the end', () => {
    const log = receive(logOf([message(1)]), said(2))
    expect(seqs(log)).toEqual([1, 2])
    expect(log.known_seq).toBe(2)
  })

  test('an entry that is known changes nothing', () => {
    const log = receive(logOf([message(1)]), said(2))
    expect(receive(log, said(2, { text: 'again' }))).toBe(log)
  })

  test('an edit changes the text and its quotes', () => {
    const log = logOf([message(1), message(2, { reply_to: { seq: 1, sender_id: BEN, excerpt: 'words 1' } })])
    const edited = receive(log, entry(3, 'message_edited', { target_seq: 1, text: 'better', mentions: [ANA], edited_at: 9 }))
    expect(messagesOf(edited)[0]).toMatchObject({ text: 'better', mentions: [ANA], edited_at: 9 })
    expect(messagesOf(edited)[1]?.reply_to?.excerpt).toBe('better')
  })

  test('a deletion takes the words away, also where they are quoted', () => {
    const log = logOf([message(1), message(2, { reply_to: { seq: 1, sender_id: BEN, excerpt: 'words 1' } })])
    const after = receive(log, entry(3, 'message_deleted', { target_seq: 1 }))
    expect(messagesOf(after)[0]).toMatchObject({ text: '', attachments: [], deleted_at: 1003 })
    expect(messagesOf(after)[1]?.reply_to?.excerpt).toBe('')
    expect(seqs(after)).toEqual([1, 2])
  })

  test('a pin is a line of its own, and stands on its message until it is taken down or the message goes', () => {
    const pinned = receive(logOf([message(1)]), entry(2, 'message_pinned', { target_seq: 1 }))
    expect(messagesOf(pinned)[0]?.pinned_at).toBe(1002)
    expect(seqs(pinned)).toEqual([1, 2])
    const down = receive(pinned, entry(3, 'message_unpinned', { target_seq: 1 }))
    expect(messagesOf(down)[0]).not.toHaveProperty('pinned_at')
    expect(seqs(down)).toEqual([1, 2])
    const gone = receive(pinned, entry(3, 'message_deleted', { target_seq: 1 }))
    expect(messagesOf(gone)[0]).not.toHaveProperty('pinned_at')
  })

  test('cards come under a message, and go with its words', () => {
    const card = { url: 'https://example.org/', title: 'A page' }
    const log = receive(logOf([message(1)]), entry(2, 'previews_changed', { target_seq: 1, previews: [card] }))
    expect(messagesOf(log)[0]?.previews).toEqual([card])
    expect(seqs(log)).toEqual([1])
    const gone = receive(log, entry(3, 'message_deleted', { target_seq: 1 }))
    expect(messagesOf(gone)[0]).not.toHaveProperty('previews')
  })

  test('reactions are counted by person and go when nobody is left', () => {
    let log = logOf([message(1)])
    log = receive(log, entry(2, 'reaction_added', { target_seq: 1, emoji: '🌱' }, BEN))
    log = receive(log, entry(3, 'reaction_added', { target_seq: 1, emoji: '🌱' }, ANA))
    expect(messagesOf(log)[0]?.reactions).toEqual([{ emoji: '🌱', count: 2, mine: true, account_ids: [BEN, ANA] }])
    log = receive(log, entry(4, 'reaction_removed', { target_seq: 1, emoji: '🌱' }, ANA))
    expect(messagesOf(log)[0]?.reactions).toEqual([{ emoji: '🌱', count: 1, mine: false, account_ids: [BEN] }])
    log = receive(log, entry(5, 'reaction_removed', { target_seq: 1, emoji: '🌱' }, BEN))
    expect(messagesOf(log)[0]?.reactions).toEqual([])
  })

  test('the same reaction of the same person counts once', () => {
    const log = [2, 3].reduce((now, seq) => receive(now, entry(seq, 'reaction_added', { target_seq: 1, emoji: '🌱' }, BEN)), logOf([message(1)]))
    expect(messagesOf(log)[0]?.reactions[0]?.count).toBe(1)
  })

  test('who came and what was renamed are lines of their own', () => {
    let log = logOf([message(1)])
    log = receive(log, entry(2, 'member_added', { account_id: 3, role: 'member', by: 'admin' }))
    log = receive(log, entry(3, 'conversation_changed', { title: 'Roof' }))
    expect(log.items.map((item) => item.kind)).toEqual(['message', 'system', 'system'])
  })

  test("one's own message keeps the key it had in the outbox", () => {
    const log = receive(logOf([]), said(1, { sender_id: ANA, client_id: 'my-own-label' }))
    expect(log.items[0]?.key).toBe('my-own-label')
    expect(receive(logOf([]), said(1, { client_id: 'my-own-label' })).items[0]?.key).toBe('1')
  })
})

describe('gaps', () => {
  test('what is beyond a gap waits until the gap is closed', () => {
    let log = receive(logOf([message(1)]), said(3))
    expect(seqs(log)).toEqual([1])
    expect(hasGap(log)).toBe(true)
    log = receive(log, said(2))
    expect(seqs(log)).toEqual([1, 2, 3])
    expect(hasGap(log)).toBe(false)
  })

  test('what comes while the first page is on its way is not lost', () => {
    const waiting = receive(receive(loading(emptyLog(YARD, ANA)), said(2)), said(3))
    expect(seqs(replaceWith(waiting, page([message(1), message(2)], 2)))).toEqual([1, 2, 3])
  })

  test('a timeline that nobody opened holds nothing', () => {
    expect(receive(emptyLog(YARD, ANA), said(1)).held).toEqual([])
  })
})

describe('pages', () => {
  test('older and newer pages join without doubles', () => {
    const middle = logOf([message(11), message(12)], 20, { more_before: true, more_after: true })
    const older = prepend(middle, page([message(9), message(10), message(11)], 20, { more_before: true }))
    const both = append(older, page([message(12), message(13)], 20, { more_after: true }))
    expect(seqs(both)).toEqual([9, 10, 11, 12, 13])
    expect(both).toMatchObject({ more_before: true, more_after: true })
  })

  test('a page read before an edit that has been heard shows the edit', () => {
    const log = receive(logOf([message(5)], 5, { more_before: true }), entry(6, 'message_edited', { target_seq: 2, text: 'new', mentions: [], edited_at: 9 }))
    const joined = prepend(log, page([message(1), message(2)], 5))
    expect(messagesOf(joined)[1]?.text).toBe('new')
  })

  test('a page read after a reaction does not count it twice when it is heard', () => {
    const many = Array.from({ length: 20 }, (_, index) => index + 100)
    const reactions = [{ emoji: '🌱', count: 22, mine: false, account_ids: many }]
    const log = prepend(logOf([message(5)], 5, { more_before: true }), page([message(2, { reactions })], 6))
    const after = receive(log, entry(6, 'reaction_added', { target_seq: 2, emoji: '🌱' }, BEN))
    expect(messagesOf(after)[0]?.reactions[0]?.count).toBe(22)
  })

  test('a message that a newer page has already is not added twice', () => {
    const log = append(logOf([message(1)], 1, { more_after: true }), page([message(2), message(3)], 3))
    expect(seqs(receive(receive(log, said(2)), said(3)))).toEqual([1, 2, 3])
  })

  test('while newer pages are missing, new messages are not put behind the hole', () => {
    const log = receive(logOf([message(1)], 8, { more_after: true }), said(9))
    expect(seqs(log)).toEqual([1])
    expect(log.known_seq).toBe(9)
  })

  test('a long timeline lets go of the far end', () => {
    const many = Array.from({ length: KEEP_ITEMS }, (_, index) => message(index + 101))
    const log = prepend(logOf(many, 800, { more_before: true }), page([message(99), message(100)], 800))
    expect(log.items).toHaveLength(KEEP_ITEMS)
    expect(seqs(log)[0]).toBe(99)
    expect(log.more_after).toBe(true)
  })
})

test("unread counts leave out one's own, deleted ones and system lines", () => {
  let log = logOf([message(1), message(2, { mentions: [ANA] }), message(3, { sender_id: ANA }), message(4, { mentions: ['all'] })])
  log = receive(log, entry(5, 'message_deleted', { target_seq: 4 }))
  log = receive(log, entry(6, 'member_added', { account_id: 9, role: 'member', by: 'admin' }))
  expect(countBeyond(log, 1)).toEqual({ unread: 1, mentions: 1 })
  expect(countBeyond(log, 2)).toEqual({ unread: 0, mentions: 0 })
})

test('counts are not known where the timeline does not reach', () => {
  expect(countBeyond(logOf([message(5)], 5, { more_before: true }), 2)).toBeUndefined()
  expect(countBeyond(logOf([message(5)], 9, { more_after: true }), 4)).toBeUndefined()
})

describe('any order, doubles and losses end in the same timeline', () => {
  /** Small and repeatable: the seed of a failure is its name. */
  function random(seed: number): (below: number) => number {
    let state = seed
    return (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
  }

  function evening(pick: (below: number) => number): FakeServer {
    const server = new FakeServer()
    server.add(conversation(YARD))
    const alive: number[] = []
    for (let step = 0; step < 60; step++) {
      const target = alive[pick(alive.length || 1)]
      const what = target === undefined ? 0 : pick(7)
      const actor = pick(2) ? ANA : BEN
      if (what === 1) server.append(YARD, 'message_edited', { target_seq: target!, text: `edited ${step}`, mentions: [], edited_at: step }, actor)
      else if (what === 2) {
        server.append(YARD, 'message_deleted', { target_seq: target! }, actor)
        alive.splice(alive.indexOf(target!), 1)
      } else if (what === 3) server.append(YARD, 'reaction_added', { target_seq: target!, emoji: pick(2) ? '🌱' : '🍜' }, actor)
      else if (what === 4) server.append(YARD, 'member_added', { account_id: 9, role: 'member', by: 'admin' }, actor)
      else {
        const quoted = target !== undefined && pick(2) ? { reply_to: { seq: target, sender_id: BEN, excerpt: server.messages(YARD).find((one) => one.seq === target)!.text } } : {}
        alive.push(server.say(YARD, `said ${step}`, { sender_id: actor, ...quoted }).seq)
      }
    }
    return server
  }

  test.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %i', (seed) => {
    const pick = random(seed)
    const server = evening(pick)
    const all = server.log(YARD)
    const inOrder = all.reduce(receive, logOf([], 0))

    // Some are lost, some come twice, all are shuffled; then the gap is fetched as the catch-up does.
    const heard = [...all, ...all].filter(() => pick(3) > 0)
    for (let place = heard.length - 1; place > 0; place--) {
      const other = pick(place + 1)
      ;[heard[place], heard[other]] = [heard[other]!, heard[place]!]
    }
    let log = heard.reduce(receive, logOf([], 0))
    while (log.known_seq < all.length) log = all.slice(log.known_seq, log.known_seq + 1 + pick(8)).reduce(receive, log)

    expect(log.items).toEqual(inOrder.items)
    const bare = ({ reactions: _, ...rest }: Message) => rest
    expect(messagesOf(log).map(bare)).toEqual(server.messages(YARD).map(bare))
  })
})
