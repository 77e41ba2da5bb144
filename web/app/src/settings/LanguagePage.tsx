import { useStore } from '@nanostores/react'
import { setPreference } from '../app/preferences.ts'
import { $language, chooseLanguage, languages, t } from '../i18n/index.ts'

/** The language of the interface; each is named in itself. */
export function LanguagePage() {
  const language = useStore($language)
  return (
    <section>
      <h2>{t('settings.language.title')}</h2>
      <p className="small">{t('settings.language.text')}</p>
      <ul className="card list" role="radiogroup" aria-label={t('settings.language.title')}>
        {languages.map(({ code, name }) => (
          <li key={code} role="none" className="choice">
            <button
              type="button"
              role="radio"
              aria-checked={code === language}
              lang={code}
              onClick={() => {
                setPreference('language', code)
                void chooseLanguage(code)
              }}
            >
              <span className="radio" aria-hidden="true" />
              {name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
