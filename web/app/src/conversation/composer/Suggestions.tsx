import { AtSign } from 'lucide-react'
import { Icon, PersonAvatar } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import type { Suggestion, SuggestionState } from './useSuggestions.ts'

/** People or emoji to choose from, above the field that keeps the focus. */
export function Suggestions({ suggestions, onTake }: { suggestions: SuggestionState; onTake: (index: number) => void }) {
  const { id, list, chosen } = suggestions
  return (
    <ul className="suggestions" role="listbox" id={`${id}-list`} aria-label={t('composer.suggestions')}>
      {list.map((suggestion, index) => (
        <li
          key={keyOf(suggestion)}
          role="option"
          id={`${id}-${index}`}
          aria-selected={index === chosen}
          onPointerMove={() => index !== chosen && suggestions.choose(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(index)}
        >
          <Line suggestion={suggestion} />
        </li>
      ))}
    </ul>
  )
}

const keyOf = (suggestion: Suggestion): string => (suggestion.kind === 'person' ? `p${suggestion.account.id}` : suggestion.kind === 'emoji' ? suggestion.sign : 'all')

function Line({ suggestion }: { suggestion: Suggestion }) {
  if (suggestion.kind === 'person') {
    return (
      <>
        <PersonAvatar account={suggestion.account} size={28} />
        <bdi className="cut">{suggestion.account.display_name}</bdi>
        <bdi className="small cut">@{suggestion.account.username}</bdi>
      </>
    )
  }
  if (suggestion.kind === 'all') {
    return (
      <>
        <span className="sign">
          <Icon of={AtSign} size={18} />
        </span>
        <span>@all</span>
        <span className="small cut">{t('composer.everybody')}</span>
      </>
    )
  }
  return (
    <>
      <span className="sign">{suggestion.sign}</span>
      <span className="cut">{suggestion.words}</span>
    </>
  )
}
