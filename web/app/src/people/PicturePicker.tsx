import type { Upload } from '@madang/client'
import { useStore } from '@nanostores/react'
import { atom } from 'nanostores'
import { useEffect, useRef, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { Avatar, Button, FieldError } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { percent } from '../i18n/format.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'

const $idle = atom(undefined)

/** The number of the chosen picture once it is stored; 0 to take it away; nothing: it stays as it is. */
export type Picture = number | 'coming' | undefined

interface Props {
  /** Of the group, for the colour of its letters; 0 for one that is still to be made. */
  id: number
  name: string
  /** The picture it has now. */
  url: string | undefined
  onChange: (picture: Picture) => void
}

/** A group's picture: shown, chosen, taken away. It is stored at once, and counts when the form is sent. */
export function PicturePicker({ id, name, url, onChange }: Props) {
  const madang = useMadang()
  const input = useRef<HTMLInputElement>(null)
  const [upload, setUpload] = useState<Upload>()
  const [local, setLocal] = useState<string>()
  const [removed, setRemoved] = useState(false)
  const [wrong, setWrong] = useState<string>()
  const progress = useStore(upload?.progress ?? $idle)
  const state = progress?.state
  const storedId = progress?.state === 'done' ? progress.stored?.id : undefined
  const told = useRef(onChange)
  useEffect(() => {
    told.current = onChange
  })
  useEffect(() => {
    if (storedId !== undefined) told.current(storedId)
    else if (state === 'uploading') told.current('coming')
    else if (state === 'failed') told.current(undefined)
  }, [storedId, state])
  useEffect(() => (local ? () => URL.revokeObjectURL(local) : undefined), [local])
  const choose = (file: File | undefined) => {
    if (!file) return
    if (!file.type.startsWith('image/')) return setWrong(t('details.picture_wrong'))
    setWrong(undefined)
    setRemoved(false)
    setLocal(URL.createObjectURL(file))
    setUpload(madang.upload(file))
  }
  const remove = () => {
    upload?.cancel()
    setUpload(undefined)
    setLocal(undefined)
    setRemoved(true)
    onChange(0)
  }
  const shown = local ?? (removed || !url ? undefined : madang.fileUrl(url))
  const uploading = progress?.state === 'uploading'
  const failed = progress?.state === 'failed' ? errorText(progress.error) : wrong
  return (
    <div className="picture-picker">
      <Avatar id={id} name={name || '?'} kind="group" size={72} pictureUrl={shown} />
      <div className="grow">
        <div className="picture-buttons">
          <Button small busy={uploading} onClick={() => input.current?.click()}>
            {uploading ? percent(progress.part) : t('details.picture_choose')}
          </Button>
          {shown && (
            <Button small kind="quiet" onClick={remove}>
              {t('details.picture_remove')}
            </Button>
          )}
        </div>
        {failed && <FieldError>{failed}</FieldError>}
      </div>
      <input ref={input} type="file" accept="image/*" hidden aria-label={t('details.picture')} onChange={(event) => choose(event.target.files?.[0])} />
    </div>
  )
}
