import type { Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { X } from 'lucide-react'
import { useMadang } from '../../app/context.ts'
import { IconButton } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'
import { languageOf, personColour } from '../../i18n/names.ts'

/** Above the field: what is answered or edited, and the way out of it. */
export function Strip({ kind, message, onClose, onJump }: { kind: 'reply' | 'edit'; message: Message; onClose: () => void; onJump: (seq: number) => void }) {
  const madang = useMadang()
  const author = useStore(madang.accountOf(message.sender_id))
  const me = useStore(madang.me)
  const name = message.sender_id === me?.id ? t('message.you') : (author?.display_name ?? '…')
  const text = message.text.trim() || t('message.label.files', { count: message.attachments.length })
  const style = kind === 'reply' ? ({ '--by': `var(--person-${personColour(message.sender_id)})` } as React.CSSProperties) : undefined
  return (
    <div className="strip" style={style}>
      <button type="button" className="what" onClick={() => onJump(message.seq)}>
        <span className="small strong">{kind === 'reply' ? t('composer.replying', { name }) : t('composer.editing')}</span>
        <span className="small cut" lang={languageOf(text)}>
          {text}
        </span>
      </button>
      <IconButton icon={X} iconSize={16} label={kind === 'reply' ? t('composer.cancel_reply') : t('composer.cancel_edit')} keys="Esc" onClick={onClose} />
    </div>
  )
}
