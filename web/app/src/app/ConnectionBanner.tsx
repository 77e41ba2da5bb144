import type { ConnectionState } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ArrowDown, Check, CircleAlert, Clock } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Banner } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { announce } from './announcer.tsx'
import { useMadang } from './context.ts'

/** A pill under the pane's header while the connection is anything but plain; it overlays and never pushes. */
export function ConnectionBanner() {
  const madang = useMadang()
  const connection = useStore(madang.connection)
  const shown = useShown(connection)
  const now = useNow(connection.state === 'waiting')
  useEffect(() => {
    if (shown) announce(t(`connection.${shown === 'waiting' ? 'offline' : shown}`))
  }, [shown])
  if (!shown) return null
  return (
    <div className="connection" data-state={shown}>
      {shown === 'connecting' && <Banner kind="info" icon={Clock}>{t('connection.connecting')}</Banner>}
      {shown === 'offline' && <Banner kind="warn" icon={CircleAlert}>{t('connection.offline')}</Banner>}
      {shown === 'catching-up' && <Banner kind="info" icon={ArrowDown}>{t('connection.catching-up')}</Banner>}
      {shown === 'online' && <Banner kind="ok" icon={Check}>{t('connection.online')}</Banner>}
      {shown === 'waiting' && connection.state === 'waiting' && (
        <Banner kind="warn" icon={CircleAlert}>
          <span>{t('connection.waiting', { count: Math.max(1, Math.ceil((connection.until - now) / 1000)) })}</span>
          <button type="button" onClick={() => madang.reconnectNow()}>
            {t('connection.try_now')}
          </button>
        </Banner>
      )}
    </div>
  )
}

/** What to show of the state: connecting only after 1.5 s, back only for 1.5 s and only after trouble. */
function useShown({ state }: ConnectionState): ConnectionState['state'] | undefined {
  const [shown, setShown] = useState<ConnectionState['state']>()
  const trouble = useRef(false)
  useEffect(() => {
    const wait = { connecting: 1500, 'catching-up': 400, waiting: 0, offline: 0, online: 0 }[state]
    if (state === 'waiting' || state === 'offline') trouble.current = true
    const showNow = setTimeout(() => {
      if (state !== 'online') return setShown(state)
      setShown(trouble.current ? 'online' : undefined)
      trouble.current = false
    }, wait)
    const hide = state === 'online' ? setTimeout(() => setShown(undefined), 1500) : undefined
    return () => {
      clearTimeout(showNow)
      clearTimeout(hide)
    }
  }, [state])
  return shown
}

function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!ticking) return
    const tick = () => setNow(Date.now())
    tick()
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}
