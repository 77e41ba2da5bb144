import { describe, expect, test } from 'vitest'
import { judgePassword } from './password.ts'

describe('judgePassword', () => {
  test('wants eight characters, counted as people count', () => {
    expect(judgePassword('').state).toBe('empty')
    expect(judgePassword('감나무').state).toBe('short')
    expect(judgePassword('seven77').acceptable).toBe(false)
  })

  test('refuses what bcrypt would cut: more than 72 bytes', () => {
    expect(judgePassword('x'.repeat(72)).state).not.toBe('long')
    expect(judgePassword('x'.repeat(73)).state).toBe('long')
    expect(judgePassword('마'.repeat(24)).state).not.toBe('long')
    expect(judgePassword('마'.repeat(25))).toMatchObject({ state: 'long', acceptable: false })
  })

  test('tells weak from strong', () => {
    expect(judgePassword('password1').state).toBe('weak')
    expect(judgePassword('aaaaaaaaaaaa').state).toBe('weak')
    expect(judgePassword('12345678').state).toBe('weak')
    expect(judgePassword('doyundoyun', 'doyun').state).toBe('weak')
    expect(judgePassword('persimmon tree in the yard').state).toBe('strong')
    expect(judgePassword('감나무 아래에서 봐요').level).toBeGreaterThanOrEqual(3)
  })
})
