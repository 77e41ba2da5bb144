import { useStore } from '@nanostores/react'
import { useMadang } from '../../app/context.ts'
import { TypingDots } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'

/** Who writes now. Its line is always there, so that nothing moves when somebody begins. */
export function TypingLine({ conversationId }: { conversationId: number }) {
  const madang = useMadang()
  const ids = useStore(madang.typingIn(conversationId))
  const accounts = useStore(madang.accounts, { keys: ids })
  const names = ids.map((id) => accounts[id]?.display_name ?? '…')
  return (
    <div className="typing" aria-hidden="true">
      {names.length > 0 && (
        <>
          <TypingDots />
          {typingText(names)}
        </>
      )}
    </div>
  )
}

function typingText([name = '', other, third]: string[]): string {
  if (third !== undefined) return t('typing.several')
  return other === undefined ? t('typing.one', { name }) : t('typing.two', { name, other })
}
