import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EnterMachine, type KeyPress } from './enter.ts'

type Step =
  | { do: 'down'; keyCode: 13 | 229; key?: string; isComposing?: boolean; repeat?: boolean; shift?: boolean; ctrl?: boolean }
  | { do: 'other'; keyCode: number; code: string }
  | { do: 'start' }
  | { do: 'type'; text: string }
  | { do: 'end'; text: string }
  | { do: 'commit'; text: string }
  | { do: 'break' }
  | { do: 'up' }
  | { do: 'wait'; ms: number }
  | { do: 'blur' }

const down = (keyCode: 13 | 229, more: Partial<Extract<Step, { do: 'down' }>> = {}): Step => ({ do: 'down', keyCode, ...more })
const end = (text: string): Step => ({ do: 'end', text })
/** What comes when the browser has forgotten the composition by then. */
const commit = (text: string): Step => ({ do: 'commit', text })
const lineBreak: Step = { do: 'break' }
const up: Step = { do: 'up' }
const wait = (ms: number): Step => ({ do: 'wait', ms })
const type = (text: string): Step => ({ do: 'type', text })
const compose = (text: string): Step[] => [{ do: 'other', keyCode: 229, code: 'KeyR' }, { do: 'start' }, type(text)]

/** A field that behaves as a textarea would: it holds text, sends and clears, and takes line breaks that are let through. */
function play(steps: Step[], how: { enterSends?: boolean; suggestion?: boolean } = {}) {
  const sent: string[] = []
  const field = { text: '', accepted: 0, open: how.suggestion ?? false }
  const machine = new EnterMachine({
    send: () => {
      if (field.text.trim() === '') return
      sent.push(field.text)
      field.text = ''
      machine.assigned()
    },
    accept: () => {
      if (!field.open) return false
      field.open = false
      field.accepted += 1
      return true
    },
    enterSends: () => how.enterSends ?? true,
  }, () => Date.now())
  const key = (step: Partial<KeyPress>): KeyPress => ({
    key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false, repeat: false,
    shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, preventDefault: () => undefined, ...step,
  })
  for (const step of steps) {
    if (step.do === 'down') {
      machine.keyDown(key({
        keyCode: step.keyCode, key: step.key ?? 'Enter', isComposing: step.isComposing ?? (step.keyCode === 229 && machine.composing),
        repeat: step.repeat ?? false, shiftKey: step.shift ?? false, ctrlKey: step.ctrl ?? false,
      }))
    } else if (step.do === 'other') machine.keyDown(key({ key: 'Process', code: step.code, keyCode: step.keyCode }))
    else if (step.do === 'start') machine.compositionStart()
    else if (step.do === 'type') {
      field.text += step.text
      machine.beforeInput({ inputType: 'insertCompositionText', data: step.text, preventDefault: () => undefined })
    } else if (step.do === 'commit') {
      let through = true
      machine.beforeInput({ inputType: 'insertText', data: step.text, preventDefault: () => (through = false) })
      if (through) field.text += step.text
    }
    else if (step.do === 'end') machine.compositionEnd(step.text)
    else if (step.do === 'wait') vi.advanceTimersByTime(step.ms)
    else if (step.do === 'blur') machine.blur()
    else if (step.do === 'break') {
      let through = true
      machine.beforeInput({ inputType: 'insertLineBreak', preventDefault: () => (through = false) })
      if (through) field.text += '\n'
    }
  }
  vi.advanceTimersByTime(500)
  return { sent, left: field.text, accepted: field.accepted }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const hello = '안녕하세요'
const once = { sent: [hello], left: '' }
const never = (text: string) => ({ sent: [], left: text })

/** One Enter in every place where it has been seen; each row also with Shift, below. */
const rows: { name: string; steps: Step[]; result: { sent: string[]; left: string } }[] = [
  { name: 'plain text, no input method', steps: [type(hello), down(13), lineBreak, up], result: once },
  { name: 'Chromium with Korean on Windows and macOS', steps: [...compose(hello), down(229), end('요'), down(13), lineBreak, up], result: once },
  { name: 'older Chromium, macOS Korean: up before the second down', steps: [...compose(hello), down(229), end('요'), up, down(13), lineBreak, up], result: once },
  { name: 'the same, but the second down comes late', steps: [...compose(hello), down(229), end('요'), up, wait(80), down(13), lineBreak, up], result: once },
  { name: 'macOS Korean without a second down', steps: [...compose(hello), down(229), end('요'), lineBreak, up], result: once },
  { name: 'a Korean method that swallows Enter', steps: [...compose(hello), down(229, { key: 'Process' }), end('요'), up], result: once },
  { name: 'Linux Korean: line break before compositionend', steps: [...compose('안녕하세'), down(13), lineBreak, type('요'), end('요'), up], result: once },
  { name: 'the same, up first', steps: [...compose('안녕하세'), down(13), lineBreak, up, type('요'), wait(10), end('요')], result: once },
  { name: 'the same, and compositionend never comes', steps: [...compose(hello), down(13), lineBreak, up], result: once },
  { name: 'the same, and the commit comes late', steps: [...compose(hello), down(13), lineBreak, up, wait(200), commit(hello)], result: once },
  { name: 'Safari Korean: no composition events', steps: [type(hello), down(13), lineBreak, up], result: once },
  { name: 'Safari Korean with 229 just after the commit', steps: [...compose(hello), end('요'), down(229, { isComposing: false }), up], result: once },
  { name: 'Japanese confirmation', steps: [...compose('日本'), down(229), end('日本'), up], result: never('日本') },
  { name: 'Chinese confirmation', steps: [...compose('你好'), down(229), end('你好'), up], result: never('你好') },
  { name: 'hanja confirmation', steps: [...compose('韓國'), down(229), end('韓國'), up], result: never('韓國') },
  { name: 'kana confirmation', steps: [...compose('かな'), down(229), end('かな'), up], result: never('かな') },
  { name: 'Safari Japanese: 229 after compositionend', steps: [...compose('日本'), end('日本'), down(229, { isComposing: false }), up], result: never('日本') },
  { name: 'pinyin committed as typed', steps: [...compose('nihao'), down(229), end('nihao'), up], result: never('nihao') },
  { name: 'Hangul mixed with Latin in one commit', steps: [...compose('a요'), down(229), end('a요'), up], result: never('a요') },
]

describe('one Enter', () => {
  test.each(rows)('$name', ({ steps, result }) => {
    expect(play(steps)).toMatchObject(result)
  })

  test.each(rows)('with Shift never sends: $name', ({ steps }) => {
    const shifted = steps.map((step) => (step.do === 'down' ? { ...step, shift: true } : step))
    expect(play(shifted).sent).toEqual([])
  })

  test.each(rows)('where Enter makes a line it never sends: $name', ({ steps }) => {
    expect(play(steps, { enterSends: false }).sent).toEqual([])
  })
})

describe('what follows', () => {
  test('a Japanese confirmation, and the next Enter sends', () => {
    expect(play([...compose('日本'), down(229), end('日本'), up, down(13), lineBreak, up])).toMatchObject({ sent: ['日本'], left: '' })
  })

  test('what is typed after a message whose composition never ended stays, the same words too', () => {
    const unended = [...compose('네'), down(13), lineBreak, up, wait(200)]
    expect(play([...unended, { do: 'other', keyCode: 65, code: 'KeyA' }, commit('네')])).toMatchObject({ sent: ['네'], left: '네' })
    expect(play([...unended, commit('네'), commit('네')])).toMatchObject({ sent: ['네'], left: '네' })
    expect(play([...unended, ...compose('네'), down(229), end('네'), up])).toMatchObject({ sent: ['네', '네'], left: '' })
  })

  test('a key held down sends once', () => {
    const held = [down(13, { repeat: true }), lineBreak]
    expect(play([type('a'), down(13), lineBreak, ...held, type('b'), ...held, up])).toMatchObject({ sent: ['a'], left: 'b' })
  })

  test('a key held down in a Korean composition sends once', () => {
    expect(play([...compose(hello), down(229), end('요'), down(13), lineBreak, down(13, { repeat: true }), lineBreak, up])).toMatchObject(once)
  })

  test('two quick Korean messages are two messages', () => {
    const one = (text: string): Step[] => [...compose(text), down(229), end(text), down(13), lineBreak, up]
    expect(play([...one('네'), wait(20), ...one('좋아요')]).sent).toEqual(['네', '좋아요'])
  })

  test('two quick Korean messages where Enter is swallowed', () => {
    const one = (text: string): Step[] => [...compose(text), down(229), end(text), up]
    expect(play([...one('네'), wait(90), ...one('좋아요')]).sent).toEqual(['네', '좋아요'])
  })

  test('typing on within the wait of a swallowed Enter keeps the text', () => {
    expect(play([...compose('네'), down(229), end('네'), up, wait(20), ...compose('에')])).toMatchObject(never('네에'))
  })

  test('an Enter after other keys is a press of its own', () => {
    expect(play([type('a'), down(13), lineBreak, up, { do: 'other', keyCode: 66, code: 'KeyB' }, type('b'), down(13), lineBreak, up]).sent).toEqual(['a', 'b'])
  })

  test('leaving the field ends the wait', () => {
    expect(play([...compose(hello), down(229), end('요'), up, { do: 'blur' }])).toMatchObject(never(hello))
    expect(play([...compose(hello), down(13), lineBreak, { do: 'blur' }])).toMatchObject(never(hello))
  })

  test('an empty field sends nothing', () => {
    expect(play([down(13), lineBreak, up])).toMatchObject({ sent: [], left: '' })
  })

  test('an open suggestion takes the Enter, the next one sends', () => {
    expect(play([type('@a'), down(13), lineBreak, up], { suggestion: true })).toMatchObject({ sent: [], left: '@a', accepted: 1 })
    expect(play([type('@a'), down(13), lineBreak, up, down(13), lineBreak, up], { suggestion: true }).sent).toEqual(['@a'])
  })

  test('an open suggestion takes a swallowed Korean Enter too, once', () => {
    expect(play([...compose('@민'), down(229), end('민'), down(13), lineBreak, up], { suggestion: true })).toMatchObject({ sent: [], accepted: 1 })
    expect(play([...compose('@민'), down(229), end('민'), up], { suggestion: true })).toMatchObject({ sent: [], accepted: 1 })
  })

  test('Ctrl+Enter always sends, in a composition with its last syllable', () => {
    expect(play([type('a'), down(13, { ctrl: true }), up], { enterSends: false }).sent).toEqual(['a'])
    expect(play([...compose('안녕하세'), down(229, { ctrl: true }), type('요'), end('요'), up]).sent).toEqual([hello])
  })

  test('Shift+Enter makes a line', () => {
    expect(play([type('a'), down(13, { shift: true }), lineBreak, up])).toMatchObject({ sent: [], left: 'a\n' })
  })
})
