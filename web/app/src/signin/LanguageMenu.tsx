import { useStore } from '@nanostores/react'
import { ChevronDown, Globe } from 'lucide-react'
import { setPreference } from '../app/preferences.ts'
import { Icon, Menu } from '../components/index.ts'
import { learnGate } from '../i18n/gate.ts'
import { $language, chooseLanguage, languages, t } from '../i18n/index.ts'

learnGate()

/** Each language named in itself; stands in the gate of the sign-in page. */
export function LanguageMenu() {
  const language = useStore($language)
  return (
    <Menu
      label={t('settings.language.title')}
      place="above"
      align="start"
      items={languages.map(({ code, name }) => ({
        key: code,
        label: name,
        lang: code,
        checked: code === language,
        onSelect: () => {
          setPreference('language', code)
          void chooseLanguage(code)
        },
      }))}
      trigger={
        <button className="chip" type="button" aria-label={`${t('settings.language.title')}: ${languages.find((one) => one.code === language)?.name ?? ''}`}>
          <Icon of={Globe} size={16} />
          <span>{languages.find((one) => one.code === language)?.name}</span>
          <Icon of={ChevronDown} size={14} />
        </button>
      }
    />
  )
}
