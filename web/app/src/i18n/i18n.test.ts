import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import early from './en.json'
import gate from './en.gate.json'
import later from './en.later.json'
import ko from './ko.json'
import { rich, speak, t, type Catalogue, type Key } from './index.ts'
import { learnGate } from './gate.ts'
import './later.ts'
import { particle } from './particles.ts'

learnGate()
const en = { ...early, ...gate, ...later }
const catalogues = { en, ko } as unknown as Record<'en' | 'ko', Catalogue>

afterEach(() => speak('en', catalogues.en))

describe('the catalogues', () => {
  test('have the same keys', () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort())
  })

  test('have the same places to fill under every key', () => {
    for (const key of Object.keys(en) as Key[]) expect(places(catalogues.ko[key]), key).toEqual(places(catalogues.en[key]))
  })

  test('have the plural forms of their language', () => {
    for (const [language, catalogue] of Object.entries(catalogues)) {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
      for (const [key, entry] of Object.entries(catalogue)) {
        if (typeof entry !== 'string') expect(Object.keys(entry).sort(), `${language} ${key}`).toEqual([...forms].sort())
      }
    }
  })

  test('have no markup and no empty sentence', () => {
    for (const catalogue of Object.values(catalogues)) {
      for (const [key, entry] of Object.entries(catalogue)) {
        for (const sentence of sentencesOf(entry)) expect(sentence, key).toMatch(/^[^<>]+$/)
      }
    }
  })

  test('have no key that nothing says', () => {
    const source = sources(join(import.meta.dirname, '..')).join('\n')
    const dynamic = [...source.matchAll(/`([a-z_.]+)\$\{/g)].map((found) => found[1] ?? '')
    const unused = Object.keys(en).filter((key) => !source.includes(`'${key}'`) && !source.includes(`"${key}"`) && !dynamic.some((start) => key.startsWith(start)))
    expect(unused).toEqual([])
  })
})

describe('t', () => {
  test('fills places and chooses the plural form', () => {
    expect(t('row.said', { name: 'ana', text: 'hello' })).toBe('ana: hello')
    expect(t('announce.messages', { count: 1 })).toBe('1 new message')
    expect(t('announce.messages', { count: 5 })).toBe('5 new messages')
    expect(t('announce.messages', { count: 12_000 })).toBe('12,000 new messages')
  })

  test('speaks Korean with one plural form', () => {
    speak('ko', catalogues.ko, particle)
    expect(t('announce.messages', { count: 1 })).toBe('새 메시지 1개')
    expect(t('signin.meets_here', { name: '한옥 팀' })).toBe('한옥 팀이 모이는 곳이에요.')
    expect(t('signin.meets_here', { name: '마당' })).toBe('마당이 모이는 곳이에요.')
    expect(t('signin.meets_here', { name: '나무' })).toBe('나무가 모이는 곳이에요.')
  })

  test('falls back to English where a sentence is missing', () => {
    speak('ko', { ...catalogues.ko, 'dialog.close': undefined as never })
    expect(t('dialog.close')).toBe('Close')
  })

  test('shows some places as elements', () => {
    const shown = rich('notifications.mention.group', { name: 'ben', place: 'Roof' }, { name: (text) => text.toUpperCase() }) as unknown as { props: { children: unknown[] } }
    expect(shown.props.children.join('')).toBe('BEN mentioned you in Roof')
  })
})

describe('Korean particles', () => {
  const table: [word: string, pair: string, particle: string][] = [
    ['민지', '이/가', '가'],
    ['도윤', '이/가', '이'],
    ['서울', '로/으로', '로'],
    ['부산', '로/으로', '으로'],
    ['마당', '을/를', '을'],
    ['나무', '을/를', '를'],
    ['지붕', '은/는', '은'],
    ['감나무', '은/는', '는'],
    ['책', '와/과', '과'],
    ['기와', '와/과', '와'],
    ['3', '이/가', '이'],
    ['2', '이/가', '가'],
    ['10', '은/는', '은'],
    ['7', '로/으로', '로'],
    ['1', '로/으로', '로'],
    ['6', '로/으로', '으로'],
    ['ana', '이/가', '이(가)'],
    ['ben', '로/으로', '(으)로'],
    ['도윤!', '을/를', '을'],
    ['', '을/를', '을(를)'],
  ]
  test.each(table)('after %s, %s is %s', (word, pair, expected) => {
    expect(particle(word, pair)).toBe(expected)
  })
})

function places(entry: Catalogue[Key]): string[] {
  const names = sentencesOf(entry).flatMap((sentence) => [...sentence.matchAll(/\{([^}|]+)(?:\|[^}]+)?\}/g)].map((found) => found[1] ?? ''))
  return [...new Set(names)].sort()
}

function sentencesOf(entry: Catalogue[Key]): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry)
}

function sources(folder: string): string[] {
  return files(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
}

/** The files of the app without its tests, by their paths in the folder. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
}
