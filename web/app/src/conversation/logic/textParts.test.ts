import { describe, expect, test } from 'vitest'
import { markedParts } from './markdown.ts'
import { mayHaveMarkup, plainParts, type Mentioned, type Part } from './textParts.ts'

const called: Mentioned = new Map<string, number | 'all'>([['도윤', 1], ['ana', 2], ['ana.b', 3], ['all', 'all']])
const short = (parts: Part[]): string =>
  parts.map((part) => ('parts' in part ? `${part.kind}(${short(part.parts)})` : part.kind === 'text' ? part.text : `[${part.kind} ${part.text}]`)).join('')
const plain = (text: string) => short(plainParts(text, called))
const marked = (text: string) => short(markedParts(text, called))

describe('links', () => {
  test.each([
    ['see https://example.org/a?b=c.', 'see [link https://example.org/a?b=c].'],
    ['(https://example.org/a_(b))', '([link https://example.org/a_(b)])'],
    ['https://example.kr에서 봐요', '[link https://example.kr]에서 봐요'],
    ['http://localhost:8000/c/1, ok', '[link http://localhost:8000/c/1], ok'],
    ['javascript:alert(1) ftp://x', 'javascript:alert(1) ftp://x'],
    ['no link here', 'no link here'],
  ])('%s', (text, parts) => {
    expect(plain(text)).toBe(parts)
  })

  test('a host whose scripts mix is shown as it is looked up', () => {
    expect(plain('https://pаypal.com')).toMatch(/^\[link https:\/\/xn--/)
  })
})

describe('mentions', () => {
  test.each([
    ['@도윤님, 이거 봐요', '[mention @도윤]님, 이거 봐요'],
    ['hi @ana.', 'hi [mention @ana].'],
    ['hi @ana.b and @ANA', 'hi [mention @ana.b] and [mention @ANA]'],
    ['mail@ana @nobody @all', 'mail@ana @nobody [mention @all]'],
  ])('%s', (text, parts) => {
    expect(plain(text)).toBe(parts)
  })

  test('nobody is called when the message calls nobody', () => {
    expect(short(plainParts('@ana', new Map()))).toBe('@ana')
  })
})

describe('markup', () => {
  test.each([
    ['a **b** and *c*', 'a strong(b) and em(c)'],
    ['run `npm **i**` now', 'run [code npm **i**] now'],
    ['**@ana** https://a.kr', 'strong([mention @ana]) [link https://a.kr]'],
    ['한 줄\n*두* 줄', '한 줄\nem(두) 줄'],
    ['```js\nconst a = "<b>"\n```\n`x`', '[block const a = "<b>"]paragraph([code x])'],
    ['<img src=x onerror=alert(1)> *a*', '<img src=x onerror=alert(1)> em(a)'],
    ['[a](javascript:alert(1)) *b*', '[a](javascript:alert(1)) em(b)'],
    ['# one\n- two *x*\n1. three', '# one\n- two em(x)\n1. three'],
    ['one\n\n*two*', 'paragraph(one)paragraph(em(two))'],
  ])('%s', (text, parts) => {
    expect(marked(text)).toBe(parts)
  })

  test('is looked for only where it may be', () => {
    expect(['a_b_c', '3 * 4', 'plain'].some(mayHaveMarkup)).toBe(false)
    expect(['`a`', '*a*', '_a_'].every(mayHaveMarkup)).toBe(true)
  })
})
