import type { ConversationView, GroupRulesChanged } from '@madang/client'
import { useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { Dialog, FieldError, Segments } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import '../../i18n/later.ts'

const BY_ROLE = ['post', 'invite', 'mention_all'] as const

/** Who may do what in a group, and what those who join from now on see; each choice holds at once. */
export default function GroupRules({ conversation, onClose }: { conversation: ConversationView; onClose: () => void }) {
  const madang = useMadang()
  const [error, setError] = useState<string>()
  const { rules } = conversation
  const choose = (changed: GroupRulesChanged) => {
    setError(undefined)
    madang.changeConversation(conversation.id, { rules: changed }).catch((reason: unknown) => setError(errorText(reason)))
  }
  return (
    <Dialog title={t('details.rules')} onClose={onClose} width={560}>
      <ul className="rules">
        {BY_ROLE.map((rule) => (
          <li key={rule}>
            <span className="grow">{t(`rules.${rule}`)}</span>
            <Segments label={t(`rules.${rule}`)} value={rules[rule]} options={(['member', 'admin'] as const).map((value) => ({ value, label: t(`rules.${value}`) }))} onChange={(value) => choose({ [rule]: value })} />
          </li>
        ))}
        <li>
          <span className="grow">
            <span className="stacked">{t('rules.history')}</span>
            <span className="small">{t('rules.history_hint')}</span>
          </span>
          <Segments label={t('rules.history')} value={rules.history} options={(['all', 'joined'] as const).map((value) => ({ value, label: t(`rules.${value}`) }))} onChange={(history) => choose({ history })} />
        </li>
      </ul>
      {error && <FieldError>{error}</FieldError>}
    </Dialog>
  )
}
