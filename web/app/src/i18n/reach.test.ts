import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import early from './en.json'
import gate from './en.gate.json'
import later from './en.later.json'

const source = join(import.meta.dirname, '..')
const isSource = (file: string) => /\.tsx?$/.test(file) && !/\.test\.|testing/.test(file)
const texts = new Map(
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter(isSource)
    .map((file) => [file, readFileSync(join(source, file), 'utf8')]),
)
const BARREL = 'components/index.ts'

test('words that are fetched later are said only where they are there', () => {
  const first = reached('main.tsx')
  const wrong: string[] = []
  for (const entry of fetchedApart()) {
    const files = reached(entry)
    for (const [place, words] of Object.entries({ 'i18n/gate.ts': gate, 'i18n/later.ts': later })) {
      if (files.has(place)) continue
      for (const file of files) if (!first.has(file)) for (const key of said(file, words)) wrong.push(`${entry} fetches ${file}, which says ${key}, without ${place}`)
    }
  }
  for (const file of first) for (const key of said(file, { ...gate, ...later })) wrong.push(`${file} is there first and says ${key}, which is not`)
  expect(wrong).toEqual([])
})

test('words are fetched first only if something says them that comes first, or may', () => {
  const soonSeen = ['app/Home.tsx', 'app/ConnectionBanner.tsx', 'conversation/message/Coming.tsx', 'conversation/message/OtherFile.tsx']
  const files = ['main.tsx', ...soonSeen].flatMap((entry) => [...reached(entry)])
  const needed = new Set([...files, 'conversation/composer/Chips.tsx'].flatMap((file) => said(file, early)))
  expect(Object.keys(early).filter((key) => !needed.has(key))).toEqual([])
})

/** The keys of `words` that a file names, or may put together. */
function said(file: string, words: Record<string, unknown>): string[] {
  const text = texts.get(file) ?? ''
  const beginnings = [...text.matchAll(/t\(`([a-z_.]+)\$\{/g)].map((found) => found[1] ?? '')
  return Object.keys(words).filter((key) => text.includes(`'${key}'`) || beginnings.some((beginning) => key.startsWith(beginning)))
}

/** The files that `entry` brings along: what it imports, and what that imports; not what is fetched apart. */
function reached(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry) || !texts.has(entry)) return found
  found.add(entry)
  for (const file of imported(entry)) reached(file, found)
  return found
}

function imported(file: string): string[] {
  const statements = (texts.get(file) ?? '').matchAll(/^(?:import|export) (?!type)(?:([^'"]*?) from )?'(\.[^']+)'/gm)
  return [...statements].flatMap(([, names = '', path = '']) => {
    const target = posix.join(posix.dirname(file), path)
    return target === BARREL ? names.split(/\W+/).flatMap(exporting) : [target]
  })
}

/** The component's file: of the list of all of them only what is named is brought along. */
function exporting(name: string): string[] {
  return [...texts.keys()].filter((file) => file.startsWith('components/') && new RegExp(`^export (?:function|const|class) ${name || '-'}\\b`, 'm').test(texts.get(file) ?? ''))
}

function fetchedApart(): string[] {
  return [...texts].flatMap(([file, text]) => [...text.matchAll(/import\('(\.[^']+)'\)/g)].map((found) => posix.join(posix.dirname(file), found[1] ?? '')))
}
