import type { StoredFile } from '@madang/client'
import { CircleAlert, Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState, type CSSProperties } from 'react'
import { useMadang } from '../../app/context.ts'
import { Icon, IconButton } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'
import { playTime } from '../logic/playTime.ts'
import { FileName } from './Attachments.tsx'
import './audio.css'

const RATES = [1, 1.25, 1.5, 2] as const

/** Only one sound at a time. */
let heard: HTMLAudioElement | undefined

/** A sound, played where it stands: play, where it is, how long, how fast. */
export default function AudioCard({ file }: { file: StoredFile }) {
  const audio = useRef<HTMLAudioElement>(null)
  const [state, setState] = useState<'ready' | 'playing' | 'gone'>('ready')
  const [at, setAt] = useState(0)
  const [length, setLength] = useState((file.duration_ms ?? 0) / 1000)
  const [rate, setRate] = useState(0)
  const address = useMadang().fileUrl(file.url)

  useEffect(() => {
    const element = audio.current
    if (!element) return
    // It begins to load when it is made, which may be long before it is shown; what it says until then is heard by nobody.
    if (Number.isFinite(element.duration)) setLength(element.duration)
    if (element.error) setState('gone')
  }, [])
  const play = () => {
    const element = audio.current
    if (!element) return
    if (!element.paused) return element.pause()
    if (heard !== element) heard?.pause()
    heard = element
    element.play().catch(() => element.error && setState('gone'))
  }
  const turn = () => {
    const next = (rate + 1) % RATES.length
    setRate(next)
    if (audio.current) audio.current.playbackRate = RATES[next] ?? 1
  }
  const seek = (seconds: number) => {
    setAt(seconds)
    if (audio.current) audio.current.currentTime = seconds
  }
  const told = t('audio.time', { at: playTime(at), length: playTime(length) })
  return (
    <div className="audio" role="group" aria-label={t('audio.label', { name: file.name })} data-state={state}>
      <audio
        ref={audio}
        src={address}
        preload={length > 0 ? 'none' : 'metadata'}
        onPlay={() => setState('playing')}
        onPause={() => setState('ready')}
        onEnded={() => seek(0)}
        onError={() => setState('gone')}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={({ currentTarget }) => Number.isFinite(currentTarget.duration) && setLength(currentTarget.duration)}
      />
      {state === 'gone' ? (
        <span className="gone">
          <Icon of={CircleAlert} />
        </span>
      ) : (
        <IconButton icon={state === 'playing' ? Pause : Play} label={t(state === 'playing' ? 'audio.pause' : 'audio.play', { name: file.name })} onClick={play} />
      )}
      <span className="grow">
        <FileName name={file.name} />
        {state === 'gone' ? (
          <span className="meta">{t('file.gone')}</span>
        ) : (
          <input
            type="range"
            min={0}
            max={Math.max(length, 0.1)}
            step={0.1}
            value={Math.min(at, Math.max(length, 0.1))}
            style={{ '--part': `${length > 0 ? (at / length) * 100 : 0}%` } as CSSProperties}
            aria-label={t('audio.position')}
            aria-valuetext={told}
            onChange={(event) => seek(Number(event.currentTarget.value))}
          />
        )}
      </span>
      {state !== 'gone' && (
        <>
          <span className="meta" aria-hidden="true">
            {playTime(state === 'playing' || at > 0 ? at : length)}
          </span>
          <button type="button" className="rate" aria-label={t('audio.rate', { rate: RATES[rate] ?? 1 })} onClick={turn}>
            {RATES[rate]}×
          </button>
        </>
      )}
    </div>
  )
}
