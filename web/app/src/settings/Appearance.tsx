import { useStore } from '@nanostores/react'
import { useId, type KeyboardEvent } from 'react'
import { $preferences, setPreference, textSizes, type Preferences } from '../app/preferences.ts'
import { Segments } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { Option, SwitchOption } from './Option.tsx'

const themes = ['light', 'dark', 'system'] as const

/** Theme, text size, density, and what Enter does. */
export function Appearance() {
  const preferences = useStore($preferences)
  const sizeLabel = useId()
  return (
    <section>
      <h2>{t('settings.appearance.title')}</h2>
      <ThemeChoice value={preferences.theme} />
      <ul className="card list">
        <Option title={<span id={sizeLabel}>{t('settings.appearance.text_size')}</span>} hint={t('settings.appearance.text_size_hint')}>
          <span className="slider">
            <span className="small-a" aria-hidden="true">
              A
            </span>
            <input
              type="range"
              min={0}
              max={textSizes.length - 1}
              step={1}
              value={preferences.textSize}
              aria-labelledby={sizeLabel}
              aria-valuetext={`${textSizes[preferences.textSize] ?? 100} %`}
              onChange={(event) => setPreference('textSize', Number(event.target.value))}
            />
            <span className="large-a" aria-hidden="true">
              A
            </span>
          </span>
        </Option>
        <Option title={t('settings.appearance.density')} hint={t('settings.appearance.density_hint')}>
          <Segments
            label={t('settings.appearance.density')}
            value={preferences.density}
            onChange={(density) => setPreference('density', density)}
            options={[
              { value: 'comfortable', label: t('settings.appearance.comfortable') },
              { value: 'compact', label: t('settings.appearance.compact') },
            ]}
          />
        </Option>
        <SwitchOption
          title={t('settings.appearance.enter')}
          hint={preferences.enterSends ? t('settings.appearance.enter_on') : t('settings.appearance.enter_off')}
          checked={preferences.enterSends}
          onChange={(sends) => setPreference('enterSends', sends)}
        />
      </ul>
    </section>
  )
}

function ThemeChoice({ value }: { value: Preferences['theme'] }) {
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const next = (themes.indexOf(value) + step + themes.length) % themes.length
    setPreference('theme', themes[next] ?? 'system')
    event.currentTarget.querySelectorAll<HTMLElement>('[role="radio"]')[next]?.focus()
  }
  return (
    <div className="themes" role="radiogroup" aria-label={t('settings.appearance.theme')} onKeyDown={move}>
      {themes.map((theme) => (
        <button key={theme} className="theme" type="button" role="radio" aria-checked={theme === value} tabIndex={theme === value ? 0 : -1} onClick={() => setPreference('theme', theme)}>
          <span className="frame" aria-hidden="true">
            {(theme === 'system' ? (['light', 'dark'] as const) : [theme]).map((half) => (
              <Miniature key={half} theme={half} />
            ))}
          </span>
          <span className="theme-name">
            <span className="radio" aria-hidden="true" />
            {t(`settings.appearance.${theme}`)}
          </span>
        </button>
      ))}
    </div>
  )
}

/** The app, very small, in one theme. */
function Miniature({ theme }: { theme: 'light' | 'dark' }) {
  return (
    <span className="mini" data-theme={theme}>
      <span className="m-side">
        <i />
        <i data-on="" />
        <i />
      </span>
      <span className="m-pane">
        <i />
        <i data-own="" />
        <i />
      </span>
    </span>
  )
}
