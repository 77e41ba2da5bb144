import type { Account } from '@madang/client'
import { describe, expect, test } from 'vitest'
import { beginsWithHangul, initialsOf } from './hangul.ts'
import { askedAt, suggestPeople } from './mentions.ts'

const person = (id: number, display_name: string, username: string): Account => ({ id, display_name, username, role: 'person' })
const people = [person(1, '김민지', 'minji'), person(2, '민수', 'minsu.k'), person(3, 'ana', 'ana'), person(4, 'Ben Kim', 'ben'), person(5, '값나라', 'gap')]
const found = (query: string) => suggestPeople(people, query, 8).map((account) => account.id)

describe('who is suggested', () => {
  test('by the beginning of a name or username', () => {
    expect(found('an')).toEqual([3])
    expect(found('MIN')).toEqual([1, 2])
    expect(found('kim')).toEqual([4])
  })

  test('by an unfinished syllable and by initial consonants', () => {
    expect(found('기')).toEqual([1])
    expect(found('김미')).toEqual([1])
    expect(found('ㄱㅁ')).toEqual([1])
    expect(found('ㅁㅅ')).toEqual([2])
    expect(found('민ㅅ')).toEqual([2])
  })

  test('everybody, when nothing has been typed yet', () => {
    expect(found('')).toHaveLength(5)
    expect(found('zzz')).toEqual([])
  })
})

describe('Hangul', () => {
  test('a final may be the next initial', () => {
    expect(beginsWithHangul('미자', '밎')).toBe(true)
    expect(beginsWithHangul('갑수', '값')).toBe(true)
    expect(beginsWithHangul('미나', '밎')).toBe(false)
  })

  test('only the last syllable may be unfinished', () => {
    expect(beginsWithHangul('민지', '미지')).toBe(false)
    expect(beginsWithHangul('민지', '민지수')).toBe(false)
  })

  test('initials', () => {
    expect(initialsOf('김민지 a')).toBe('ㄱㅁㅈ a')
  })
})

describe('what the caret asks for', () => {
  test('a person after @, at the beginning or after a space', () => {
    expect(askedAt('@', 1)).toEqual({ kind: 'person', start: 0, query: '' })
    expect(askedAt('네 @민', 4)).toEqual({ kind: 'person', start: 2, query: '민' })
  })

  test('never in a word or an address', () => {
    expect(askedAt('ana@example', 11)).toBeUndefined()
    expect(askedAt('@ana', 2)).toBeUndefined()
    expect(askedAt('at 10:30', 8)).toBeUndefined()
  })

  test('an emoji after : and two letters', () => {
    expect(askedAt(':s', 2)).toBeUndefined()
    expect(askedAt(':sm', 3)).toEqual({ kind: 'emoji', start: 0, query: 'sm' })
    expect(askedAt('와 :웃음', 5)).toEqual({ kind: 'emoji', start: 2, query: '웃음' })
  })
})
