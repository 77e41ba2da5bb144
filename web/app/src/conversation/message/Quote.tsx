import type { Quote as QuoteData } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useMadang } from '../../app/context.ts'
import { languageOf, personColour } from '../../i18n/names.ts'
import { t } from '../../i18n/index.ts'
import { useMessageContext } from './context.ts'

/** The message that is answered: its author and two lines; a press jumps there, Back returns. */
export function Quote({ quote }: { quote: QuoteData }) {
  const { me, actions } = useMessageContext()
  const author = useStore(useMadang().accountOf(quote.sender_id))
  const name = quote.sender_id === me ? t('message.you') : (author?.display_name ?? '…')
  const style = { '--by': `var(--person-${personColour(quote.sender_id)})` } as React.CSSProperties
  const excerpt = quote.excerpt.trim()
  return (
    <button type="button" className="quote" style={style} onClick={() => actions.jumpTo(quote.seq)}>
      <bdi className="by">{name}</bdi>
      <span className="excerpt" lang={languageOf(excerpt)} dir="auto">
        {excerpt || t('message.quoted_nothing')}
      </span>
      <span className="for-ears">{t('message.quote')}</span>
    </button>
  )
}
