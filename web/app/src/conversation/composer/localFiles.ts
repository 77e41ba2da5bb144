import { useCallback } from 'react'
import { isPictureType, type Size } from '../logic/pictureBox.ts'

const sizes = new WeakMap<File, Size>()

/** Measures a picture of this device, so that its place is known before it is sent. */
export async function measure(file: File): Promise<void> {
  if (!isPictureType(file.type) || sizes.has(file)) return
  try {
    const bitmap = await createImageBitmap(file)
    sizes.set(file, { width: bitmap.width, height: bitmap.height })
    bitmap.close()
  } catch {
    // A picture that cannot be read is sent as it is and shown as a file.
  }
}

export const sizeOf = (file: File): Size | undefined => sizes.get(file)

/** A ref that shows a file of this device in an <img>, for as long as that is on the page. */
export function useLocalPicture(file: File): (image: HTMLImageElement | null) => (() => void) | undefined {
  return useCallback(
    (image) => {
      if (!image) return undefined
      const address = URL.createObjectURL(file)
      image.src = address
      return () => URL.revokeObjectURL(address)
    },
    [file],
  )
}
