import type { Upload, UploadProgress } from '@madang/client'
import { atom } from 'nanostores'
import { expect, test, vi } from 'vitest'
import { toast } from '../../components/index.ts'
import { watchOver } from './unkept.ts'

vi.mock('../../components/index.ts', () => ({ toast: vi.fn() }))

function upload(): Upload & { progress: ReturnType<typeof atom<UploadProgress>> } {
  return { id: 'roof', file: new File(['x'], 'roof.bin'), progress: atom<UploadProgress>({ state: 'uploading', part: 0 }), cancel: vi.fn(), retry: vi.fn() }
}

/** Whether the browser asks before it leaves the page. */
function isAsked(): boolean {
  const leaving = new Event('beforeunload', { cancelable: true })
  dispatchEvent(leaving)
  return leaving.defaultPrevented
}

test('who leaves is asked until the file is kept', () => {
  const coming = upload()
  watchOver(coming)
  expect(isAsked()).toBe(true)
  coming.progress.set({ state: 'uploading', part: 0, kept: true })
  expect(isAsked()).toBe(false)
  expect(toast).not.toHaveBeenCalled()
})

test('a file that cannot be kept is told of once, at once, and who leaves is asked until it is there', () => {
  const coming = upload()
  watchOver(coming)
  coming.progress.set({ state: 'uploading', part: 0, kept: false })
  coming.progress.set({ state: 'uploading', part: 0.5, kept: false })
  expect(toast).toHaveBeenCalledTimes(1)
  expect(toast).toHaveBeenCalledWith(expect.objectContaining({ text: expect.stringContaining('roof.bin') as string }))
  expect(isAsked()).toBe(true)
  coming.progress.set({ state: 'done', part: 1, kept: false })
  expect(isAsked()).toBe(false)
})
