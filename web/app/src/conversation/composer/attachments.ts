import type { Madang, Upload } from '@madang/client'
import { map } from 'nanostores'
import { toast } from '../../components/index.ts'
import { tooLargeText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import { measure } from './localFiles.ts'

/** Files attached to each conversation's draft and not sent yet. They live as long as the tab. */
export const $attached = map<Record<number, readonly Upload[] | undefined>>({})

const FILES_PER_MESSAGE = 10

/** Attaches files to the draft of a conversation and begins to upload them; sends nothing. */
export function attachFiles(madang: Madang, conversationId: number, files: readonly File[]): void {
  const limits = madang.server.get()?.limits ?? {}
  const most = limits['files_per_message'] ?? FILES_PER_MESSAGE
  const largest = limits['file_bytes'] ?? Infinity
  const before = $attached.get()[conversationId] ?? []
  const fitting = files.filter((file) => file.size <= largest)
  if (fitting.length < files.length) toast({ text: tooLargeText(largest), kind: 'info' })
  const taken = fitting.slice(0, Math.max(0, most - before.length))
  if (taken.length < fitting.length) toast({ text: t('composer.too_many_files', { count: most }), kind: 'info' })
  if (taken.length === 0) return
  for (const file of taken) void measure(file)
  const uploads = taken.map((file) => madang.upload(file))
  for (const upload of uploads) {
    void import('./unkept.ts').then(({ watchOver }) => watchOver(upload)).catch(() => undefined)
    const stop = upload.progress.listen(({ state, error }) => {
      if (state === 'failed' && error?.field === 'quota') void import('./quota.ts').then(({ tellQuota }) => tellQuota(madang))
      if (state === 'done') stop()
    })
  }
  $attached.setKey(conversationId, [...before, ...uploads])
}

export function detach(conversationId: number, upload: Upload): void {
  upload.cancel()
  const rest = ($attached.get()[conversationId] ?? []).filter((one) => one !== upload)
  $attached.setKey(conversationId, rest.length > 0 ? rest : undefined)
}

/** Hands the files over to the message that is sent. */
export function takeAttached(conversationId: number): Upload[] {
  const uploads = ($attached.get()[conversationId] ?? []).filter((upload) => upload.progress.get().state !== 'cancelled')
  $attached.setKey(conversationId, undefined)
  return uploads
}

/** The files of a paste or a drop; text beside them stays text. */
export function filesOf(data: DataTransfer | null): File[] {
  return Array.from(data?.files ?? [])
}
