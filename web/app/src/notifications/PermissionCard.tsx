import { useStore } from '@nanostores/react'
import { Bell, BellOff } from 'lucide-react'
import { useState } from 'react'
import { askForNotices, noticePermission } from '../app/notice-permission.ts'
import { $preferences, setPreference } from '../app/preferences.ts'
import { Button, Icon, toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'

const key = 'madang.notices-later'
const pause = 30 * 24 * 3600 * 1000

/** Explains desktop notices and asks only after a click; Later keeps it away for 30 days. */
export function PermissionCard() {
  const { notices } = useStore($preferences)
  const [permission, setPermission] = useState(noticePermission)
  const [later, setLater] = useState(isLater)
  if (later || permission === 'unsupported' || (permission === 'granted' && notices)) return null
  const postpone = () => {
    try {
      localStorage.setItem(key, String(Date.now()))
    } catch {
      // Then it comes back with the next page.
    }
    setLater(true)
  }
  const ask = async () => {
    const answer = await askForNotices()
    setPermission(answer)
    if (answer !== 'granted') return
    setPreference('notices', true)
    toast({ text: t('notices.granted') })
  }
  const denied = permission === 'denied'
  return (
    <section className="ask" data-state={permission}>
      <span className="bellbox">
        <Icon of={denied ? BellOff : Bell} />
      </span>
      <span className="grow">
        <span className="strong stacked">{denied ? t('notices.denied') : t('notices.question')}</span>
        <span className="small">{denied ? t('notices.how_to_allow') : t('notices.promise')}</span>
      </span>
      <span className="ask-buttons">
        <Button kind="quiet" small onClick={postpone}>
          {denied ? t('dialog.close') : t('notices.later')}
        </Button>
        {!denied && (
          <Button small onClick={() => void ask()}>
            {t('notices.turn_on')}
          </Button>
        )}
      </span>
    </section>
  )
}

function isLater(): boolean {
  try {
    return Date.now() - Number(localStorage.getItem(key) ?? 0) < pause
  } catch {
    return false
  }
}
