import type { SearchMessages } from '@madang/client'

/** What is looked for, as the address of the page says it. */
export interface SearchState {
  query: string
  /** A conversation's id. */
  place?: number
  /** A person's id. */
  from?: number
  has?: Has
  when?: When
  /** Days such as 2026-11-21, the first and the last one, where `when` is `days`. */
  first?: string
  last?: string
  best: boolean
}

export type Has = 'image' | 'file' | 'link' | 'pin'
export type When = 'today' | 'week' | 'month' | 'year' | 'days'

export const kindsOfHas: readonly Has[] = ['image', 'file', 'link', 'pin']
export const kindsOfWhen: readonly When[] = ['today', 'week', 'month', 'year', 'days']

const daysBack: Record<Exclude<When, 'days'>, number> = { today: 0, week: 7, month: 30, year: 365 }

/** Reads the part of an address behind the question mark; what makes no sense is left out. */
export function readAddress(search: string): SearchState {
  const given = new URLSearchParams(search)
  const place = id(given.get('in'))
  const from = id(given.get('from'))
  const has = kindsOfHas.find((one) => one === given.get('has'))
  const when = kindsOfWhen.find((one) => one === given.get('when'))
  const first = day(given.get('first'))
  const last = day(given.get('last'))
  return {
    query: given.get('q') ?? '',
    best: given.get('order') === 'best',
    ...(place && { place }),
    ...(from && { from }),
    ...(has && { has }),
    ...(when && { when }),
    ...(when === 'days' && first && { first }),
    ...(when === 'days' && last && { last }),
  }
}

/** The address of the page that shows this. */
export function searchPath(state: Partial<SearchState>): string {
  const { query = '', place, from, has, when, first, last, best } = state
  const given = new URLSearchParams()
  if (query) given.set('q', query)
  if (place) given.set('in', String(place))
  if (from) given.set('from', String(from))
  if (has) given.set('has', has)
  if (when) given.set('when', when)
  if (first) given.set('first', first)
  if (last) given.set('last', last)
  if (best) given.set('order', 'best')
  const text = given.toString()
  return text ? `/search?${text}` : '/search'
}

/** What the server is asked; nothing when there is nothing to look for. */
export function asked(state: SearchState, now = Date.now()): SearchMessages | undefined {
  const [after, before] = between(state, now)
  const payload: SearchMessages = {
    ...(state.query.trim() && { query: state.query.trim() }),
    ...(state.place && { conversation_id: state.place }),
    ...(state.from && { from_id: state.from }),
    ...(state.has && { has: state.has }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
  }
  if (Object.keys(payload).length === 0) return undefined
  return { ...payload, ...(state.best && state.query.trim() && { order: 'best' as const }) }
}

/** Whether anything but the words narrows the search. */
export const isFiltered = (state: SearchState): boolean => Boolean(state.place ?? state.from ?? state.has ?? state.when)

function between(state: SearchState, now: number): [after?: number, before?: number] {
  if (!state.when) return []
  if (state.when !== 'days') return [startOfDay(now, -daysBack[state.when])]
  return [state.first ? startOfDay(Date.parse(`${state.first}T00:00`)) : undefined, state.last ? startOfDay(Date.parse(`${state.last}T00:00`), 1) : undefined]
}

/** Local midnight, some days away; a day may have 23 hours. */
function startOfDay(at: number, days = 0): number {
  const midnight = new Date(at)
  midnight.setDate(midnight.getDate() + days)
  return midnight.setHours(0, 0, 0, 0)
}

function id(text: string | null): number | undefined {
  return text && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined
}

function day(text: string | null): string | undefined {
  return text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
}
