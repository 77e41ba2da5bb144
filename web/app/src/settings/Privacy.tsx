import type { OwnChange } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useMadang } from '../app/context.ts'
import { toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { SwitchOption } from './Option.tsx'

/** What one keeps to oneself, and then does not see of others either. */
export function Privacy() {
  const madang = useMadang()
  const me = useStore(madang.me)
  const change = (changes: OwnChange) => {
    madang.changeMe(changes).catch((reason: unknown) => toast({ kind: 'info', text: errorText(reason) }))
  }
  return (
    <section>
      <h2>{t('settings.privacy.title')}</h2>
      <p className="small">{t('settings.privacy.text')}</p>
      <ul className="card list">
        <SwitchOption title={t('settings.privacy.receipts')} hint={t('settings.privacy.receipts_hint')} checked={!me?.hides_receipts} onChange={(shown) => change({ hides_receipts: !shown })} />
        <SwitchOption title={t('settings.privacy.last_seen')} hint={t('settings.privacy.last_seen_hint')} checked={!me?.hides_last_seen} onChange={(shown) => change({ hides_last_seen: !shown })} />
      </ul>
    </section>
  )
}
