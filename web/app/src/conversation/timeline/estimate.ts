import { pictureBox, isPicture } from '../logic/pictureBox.ts'
import type { Row } from '../logic/runs.ts'

const LINE = 25

/** About how high a row will be, before it has ever been drawn. Near enough that scrolling hardly needs correcting. */
export function estimateRow(row: Row, width: number): number {
  const before = (row.day === undefined ? 0 : 48) + (row.divider ? 40 : 0)
  if (row.item.kind === 'system') return before + 28
  const { message } = row.item
  const gap = row.first ? (row.own ? 16 : 38) : 2
  if (message.deleted_at !== undefined) return before + gap + 34
  const perLine = Math.max(12, Math.min(536, width * 0.7) / 9)
  const lines = message.text === '' ? 0 : message.text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / perLine)), 0)
  const pictures = message.attachments.filter(isPicture)
  const first = pictures[0]
  const shown = first === undefined ? 0 : pictures.length === 1 ? pictureBox(first).height + 8 : pictures.length === 2 ? 143 : 340
  const files = (message.attachments.length - pictures.length) * 68
  return before + gap + (lines > 0 ? 16 + lines * LINE : 0) + shown + files + (message.reply_to ? 52 : 0) + (message.reactions.length > 0 ? 34 : 0)
}

/** Letters as wide as Latin ones; Hangul and Han count nearly twice. */
const widthOf = (line: string): number => line.length + (line.match(/[\u1100-\uffff]/gu)?.length ?? 0) * 0.7
