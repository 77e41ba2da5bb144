import type { StoredFile } from '@madang/client'

export interface Size {
  width: number
  height: number
}

const MAX: Size = { width: 360, height: 320 }
const MIN: Size = { width: 120, height: 80 }
/** Longer than this and the middle is shown. */
const LONGEST = 2.4

/** The room that a picture takes, known before it is loaded. */
export function pictureBox({ width, height }: Size): Size {
  const ratio = Math.min(LONGEST, Math.max(1 / LONGEST, width / height))
  const fitted = Math.min(1, MAX.width / width, MAX.height / (width / ratio))
  const wide = Math.max(MIN.width, Math.min(MAX.width, width * fitted))
  const high = Math.max(MIN.height, Math.min(MAX.height, wide / ratio))
  return { width: Math.round(Math.max(MIN.width, Math.min(wide, high * ratio))), height: Math.round(high) }
}

/** Pictures that browsers show and that the server serves for showing. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

export const isPictureType = (mediaType: string): boolean => SHOWN.has(mediaType)

export function isPicture(file: StoredFile): file is StoredFile & Size {
  return isPictureType(file.media_type) && file.width !== undefined && file.height !== undefined && file.width > 0 && file.height > 0
}

/** What stands there until the picture does: a tiny one, stretched, or a colour. */
export const groundOf = (blur: string): string => (blur.startsWith('data:') ? `center / cover url("${blur}")` : blur)

/** A name to be cut in the middle: what may be cut away, and the ending that stays. */
export function nameParts(name: string): { stem: string; ending: string } {
  const dot = name.lastIndexOf('.')
  return dot > 0 && name.length - dot <= 9 ? { stem: name.slice(0, dot), ending: name.slice(dot) } : { stem: name, ending: '' }
}
