import { useStore } from '@nanostores/react'
import { useState } from 'react'
import { askForNotices, noticePermission } from '../app/notice-permission.ts'
import { playSound } from '../app/notices.ts'
import { $preferences, setPreference } from '../app/preferences.ts'
import { TextButton } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { SwitchOption } from './Option.tsx'
import { Telling } from './Telling.tsx'

/** How this device calls its person. */
export function NoticeSettings() {
  const { notices, sound, previews } = useStore($preferences)
  const [permission, setPermission] = useState(noticePermission)
  const on = notices && permission === 'granted'
  const turn = async (wanted: boolean) => {
    if (!wanted) return setPreference('notices', false)
    const answer = await askForNotices()
    setPermission(answer)
    setPreference('notices', answer === 'granted')
  }
  const hint = {
    ask: t('settings.notifications.desktop_hint'),
    granted: t('settings.notifications.desktop_hint'),
    denied: `${t('notices.denied')} ${t('notices.how_to_allow')}`,
    unsupported: t('notices.unsupported'),
  }[permission]
  return (
    <>
      <section>
        <h2>{t('settings.notifications.title')}</h2>
        <p className="small">{t('settings.notifications.text')}</p>
        <ul className="card list">
          <SwitchOption title={t('settings.notifications.desktop')} hint={hint} checked={on} disabled={permission === 'denied' || permission === 'unsupported'} onChange={(wanted) => void turn(wanted)} />
          <SwitchOption title={t('settings.notifications.previews')} hint={t('settings.notifications.previews_hint')} checked={previews} onChange={(shown) => setPreference('previews', shown)} />
          <SwitchOption
            title={t('settings.notifications.sound')}
            hint={t('settings.notifications.sound_hint')}
            checked={sound}
            onChange={(wanted) => setPreference('sound', wanted)}
            aside={<TextButton onClick={playSound}>{t('settings.notifications.sound_try')}</TextButton>}
          />
        </ul>
      </section>
      <Telling />
    </>
  )
}
