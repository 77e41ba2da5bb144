import type { Entry, Madang, Message } from '@madang/client'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { MadangContext } from '../../app/context.ts'
import { ana, group, madangWith, message } from '../testing.tsx'
import { usePins } from './usePins.ts'

test('an answer that comes late does not bring back what was taken down', async () => {
  const { madang } = madangWith([])
  const answers: ((page: { messages: Message[] }) => void)[] = []
  const heard: Parameters<Madang['arrivals']>[0][] = []
  const here: Madang = {
    ...madang,
    listPins: () => new Promise<{ messages: Message[] }>((resolve) => void answers.push(resolve)),
    arrivals: (listener) => {
      heard.push(listener)
      return () => undefined
    },
  }
  const wrapper = ({ children }: { children: ReactNode }) => <MadangContext value={here}>{children}</MadangContext>
  const { result } = renderHook(() => usePins(7), { wrapper })
  act(() => heard[0]?.({ conversation_id: 7, kind: 'message_unpinned' } as Entry, group()))
  const [before, after] = answers
  await act(() => Promise.resolve(after?.({ messages: [] })))
  await act(() => Promise.resolve(before?.({ messages: [message(3, ana.id, 'the gate code')] })))
  expect(result.current.pins).toEqual([])
})
