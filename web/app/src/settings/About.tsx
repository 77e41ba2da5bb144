import { useStore } from '@nanostores/react'
import { useMadang } from '../app/context.ts'
import { openWindow } from '../app/windows.ts'
import { Button, Mark } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { Option } from './Option.tsx'

/** What this is, and which version of it. */
export function About() {
  const madang = useMadang()
  const server = useStore(madang.server)
  const me = useStore(madang.me)
  return (
    <section>
      <h2>{t('settings.about.title')}</h2>
      <div className="about-madang">
        <Mark size={48} />
        <span>
          <span className="strong stacked">Madang</span>
          <span className="small">{t('settings.about.text')}</span>
        </span>
      </div>
      <ul className="card list">
        <Option title={t('settings.about.server')}>
          <bdi className="quiet">{server?.name}</bdi>
        </Option>
        <Option title={t('settings.about.version')}>
          <span className="quiet">{server?.version}</span>
        </Option>
        <Option title={t('settings.about.signed_in')}>
          <bdi className="quiet">@{me?.username}</bdi>
        </Option>
        <Option title={t('settings.about.shortcuts')}>
          <Button small onClick={() => openWindow('shortcuts')}>
            {t('settings.about.shortcuts_show')}
          </Button>
        </Option>
      </ul>
    </section>
  )
}
