import type { Upload, UploadProgress } from '@madang/client'
import { toast } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'

/** Files that would not go on if the page were left now. */
const atRisk = new Set<string>()

/** Has the browser ask whoever leaves while a file is on its way that it does not keep; says so at once when it cannot. */
export function watchOver(upload: Upload): void {
  let told = false
  const look = ({ state, kept }: UploadProgress): void => {
    if (state === 'uploading' && kept !== true) atRisk.add(upload.id)
    else atRisk.delete(upload.id)
    if (atRisk.size > 0) addEventListener('beforeunload', ask)
    else removeEventListener('beforeunload', ask)
    if (kept !== false || told || state !== 'uploading') return
    told = true
    toast({ text: t('composer.unkept', { name: upload.file.name }), kind: 'info' })
  }
  look(upload.progress.get())
  upload.progress.listen(look)
}

const ask = (event: Event): void => event.preventDefault()
