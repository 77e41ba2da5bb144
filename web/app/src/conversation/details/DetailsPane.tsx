import type { ConversationView } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ChevronRight, LogOut, Settings2, Trash2, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useMadang } from '../../app/context.ts'
import { toggleDetails } from '../../app/details.ts'
import { navigate } from '../../app/router.ts'
import { Confirm, Icon, IconButton, PaneHead, toast } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { t } from '../../i18n/index.ts'
import { conversationPath } from '../../app/routes.ts'
import { About } from './About.tsx'
import { Members } from './Members.tsx'
import { Notifying } from './Notifying.tsx'
import { Pinned } from './Pinned.tsx'
import '../../i18n/later.ts'
import './details.css'

const DirectFoot = lazy(() => import('../../contacts/DirectFoot.tsx'))
const GroupRules = lazy(() => import('./GroupRules.tsx'))
const DissolveGroup = lazy(() => import('./DissolveGroup.tsx'))

/** About a conversation: what it is, what it tells me, who belongs to it. */
export function DetailsPane({ conversationId }: { conversationId: number }) {
  const madang = useMadang()
  const me = useStore(madang.me)
  const conversation = useStore(madang.conversationOf(conversationId))
  return (
    <div className="details-pane">
      <PaneHead backTo={conversationPath(conversationId)}>
        <h2 className="title grow">{t('details.title')}</h2>
        <IconButton icon={X} label={t('dialog.close')} onClick={() => toggleDetails(conversationId)} />
      </PaneHead>
      {conversation && (
        <div className="details-scroll">
          <About conversation={conversation} />
          <Notifying conversation={conversation} />
          {me && <Pinned conversationId={conversationId} me={me.id} />}
          {conversation.kind !== 'direct' && <Members conversation={conversation} />}
          {conversation.kind !== 'direct' && <Foot conversation={conversation} />}
          {conversation.with && (
            <Suspense fallback={null}>
              <DirectFoot conversation={conversation} />
            </Suspense>
          )}
        </div>
      )}
    </div>
  )
}

/** What an admin sets, and the ways out. */
function Foot({ conversation }: { conversation: ConversationView }) {
  const [open, setOpen] = useState<'rules' | 'dissolve'>()
  const stands = conversation.dissolved_at === undefined
  return (
    <div className="details-foot">
      {stands && conversation.role !== 'member' && (
        <button type="button" className="setting" onClick={() => setOpen('rules')}>
          <Icon of={Settings2} />
          {t('details.rules')}
          <span className="value">
            <Icon of={ChevronRight} size={18} />
          </span>
        </button>
      )}
      <Leave conversation={conversation} />
      {stands && conversation.role === 'owner' && (
        <button type="button" className="setting" data-kind="danger" onClick={() => setOpen('dissolve')}>
          <Icon of={Trash2} />
          {t('details.dissolve')}
        </button>
      )}
      <Suspense fallback={null}>
        {open === 'rules' && <GroupRules conversation={conversation} onClose={() => setOpen(undefined)} />}
        {open === 'dissolve' && <DissolveGroup conversation={conversation} onClose={() => setOpen(undefined)} />}
      </Suspense>
    </div>
  )
}

function Leave({ conversation }: { conversation: ConversationView }) {
  const madang = useMadang()
  const [asking, setAsking] = useState(false)
  const leave = () => {
    madang.leave(conversation.id).then(
      () => navigate('/c', { replace: true }),
      (reason: unknown) => toast({ text: errorText(reason), kind: 'info' }),
    )
  }
  return (
    <>
      <button type="button" className="setting" data-kind="danger" onClick={() => setAsking(true)}>
        <Icon of={LogOut} />
        {t('details.leave')}
      </button>
      {asking && <Confirm title={t('details.leave_ask', { title: conversation.title })} text={t('details.leave_text')} confirm={t('details.leave')} danger onConfirm={leave} onClose={() => setAsking(false)} />}
    </>
  )
}
