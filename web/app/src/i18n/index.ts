import { atom } from 'nanostores'
import { Fragment, createElement, type ReactNode } from 'react'
import en from './en.json'
import type gate from './en.gate.json'
import type later from './en.later.json'

/** Every sentence of the app by its key `place.thing.state`, typed from English. */
export type Key = keyof typeof en | keyof typeof gate | keyof typeof later
export type Language = 'en' | 'ko'
export type Values = Record<string, string | number>

type Entry = string | Partial<Record<Intl.LDMLPluralRule, string>>
export type Catalogue = Record<Key, Entry>

/** Each language named in itself, in the order of the menu. */
export const languages: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'ko', name: '한국어' },
]

const english = { ...en } as Catalogue
let catalogue: Catalogue = english
let plurals = new Intl.PluralRules('en')
/** What a `{name|이/가}` adds behind the name; only Korean needs it, and brings it along. */
let particleAfter: ((word: string, pair: string) => string) | undefined

export const $language = atom<Language>('en')

/** The language to begin with: the chosen one, else the first of the browser's that we have. */
export function preferredLanguage(chosen: string, browser: readonly string[] = navigator.languages): Language {
  const wanted = chosen ? [chosen] : browser
  const found = wanted.map((tag) => tag.toLowerCase().split('-')[0]).find((code) => languages.some((one) => one.code === code))
  return (found as Language | undefined) ?? 'en'
}

/** Adds English sentences that the first screens can do without; Korean comes with all of its own. */
export function learn(more: Partial<Catalogue>): void {
  Object.assign(english, more)
}

/** Loads a language if needed and makes it the one that `t` speaks. */
export async function chooseLanguage(language: Language): Promise<void> {
  if (language === 'en') return speak('en', english)
  const { catalogue: loaded, particle } = await import('./korean.ts')
  speak(language, loaded, particle)
}

/** Makes `loaded` the catalogue in use. */
export function speak(language: Language, loaded: Catalogue, particle?: typeof particleAfter): void {
  catalogue = loaded
  particleAfter = particle
  plurals = new Intl.PluralRules(language)
  if (typeof document !== 'undefined') document.documentElement.lang = language
  $language.set(language)
}

/** The sentence of `key` with its places filled. `count` chooses the plural form; `{name|이/가}` adds the right particle. */
export function t(key: Key, values: Values = {}): string {
  return fill(sentence(key, values), values).join('')
}

/** Like `t`, with some places shown as elements: `rich('k', {name}, {name: (text) => <b>{text}</b>})`. */
export function rich(key: Key, values: Values, shown: Record<string, (text: string) => ReactNode>): ReactNode {
  const parts = fill<ReactNode>(sentence(key, values), values, shown)
  return createElement(Fragment, null, ...parts)
}

function sentence(key: Key, values: Values): string {
  const entry = catalogue[key] ?? english[key] ?? key
  if (typeof entry === 'string') return entry
  const form = plurals.select(Number(values.count ?? 0))
  return entry[form] ?? entry.other ?? key
}

function fill<Part = string>(text: string, values: Values, shown: Record<string, (text: string) => Part> = {}): (Part | string)[] {
  return text.split(/(\{[^}]+\})/).map((part) => {
    if (!part.startsWith('{')) return part
    const [name = '', pair] = part.slice(1, -1).split('|')
    const value = values[name]
    // A slot such as {link} has no value: what is shown there brings its own words.
    if (value === undefined) return shown[name]?.('') ?? part
    const word = typeof value === 'number' ? numberText(value) : value
    const show = shown[name]
    const tail = (pair && particleAfter?.(word, pair)) ?? ''
    if (!show) return word + tail
    return tail ? (createElement(Fragment, null, show(word) as ReactNode, tail) as Part) : show(word)
  })
}

function numberText(value: number): string {
  return new Intl.NumberFormat($language.get()).format(value)
}
