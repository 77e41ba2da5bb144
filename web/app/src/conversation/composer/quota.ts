import type { Madang } from '@madang/client'
import { toast } from '../../components/index.ts'
import { byteSize } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'

/** Says how much one's files have, and how much they may, when there was no room for one. */
export async function tellQuota(madang: Madang): Promise<void> {
  const { used_bytes, quota_bytes } = await madang.fileUse()
  if (quota_bytes !== undefined) toast({ text: t('file.quota', { used: byteSize(used_bytes), quota: byteSize(quota_bytes) }), kind: 'info' })
}
