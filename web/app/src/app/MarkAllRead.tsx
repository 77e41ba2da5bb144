import { Confirm, toast } from '../components/index.ts'
import { t } from '../i18n/index.ts'
import { useMadang } from './context.ts'

/** Shift+Esc: everything is read, in every conversation and in the inbox; asks once. */
export default function MarkAllRead({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const markAll = () => {
    for (const one of madang.conversations.get()) if (one.unread > 0) madang.markRead(one.id, one.head_seq)
    void madang.notifications.markRead({ all: true }).catch(() => undefined)
    toast({ text: t('sidebar.none.unread') })
  }
  return <Confirm title={t('read_all.question')} text={t('read_all.text')} confirm={t('notifications.mark_all')} onConfirm={markAll} onClose={onClose} />
}
