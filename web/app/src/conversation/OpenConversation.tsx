import type { ConversationView, Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState, type DragEvent } from 'react'
import { useMadang } from '../app/context.ts'
import { $arrival, $visit, navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { firstScreenStands } from '../app/soon.tsx'
import { SkeletonRows, toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { attachFiles, filesOf } from './composer/attachments.ts'
import { Composer, type ComposerHandle } from './composer/Composer.tsx'
import { TypingLine } from './composer/TypingLine.tsx'
import { ConversationHead } from './ConversationHead.tsx'
import { LightboxSlot } from './lightbox/LightboxSlot.tsx'
import { openLightbox } from './lightbox/open.ts'
import { isClosed, mayEdit, mayWrite } from './logic/rights.ts'
import { messageOf, type Row } from './logic/runs.ts'
import { MessageContextProvider } from './message/context.ts'
import { Confirm, DropFrame } from './soon.ts'
import type { Left } from './timeline/places.ts'
import { Timeline, type TimelineHandle } from './timeline/Timeline.tsx'
import { useMessageActions } from './useMessageActions.ts'
import { useRows } from './useRows.ts'
import { useSeenInInbox } from './useSeenInInbox.ts'

// What is opened now and then is fetched when it first is.
const EmojiPopover = lazy(() => import('./emoji/EmojiPopover.tsx'))
const MessageMenu = lazy(() => import('./MessageMenu.tsx'))
const ForwardDialog = lazy(() => import('./forward/ForwardDialog.tsx'))
const ReportDialog = lazy(() => import('./report/ReportDialog.tsx'))
const DirectClosed = lazy(() => import('../contacts/DirectClosed.tsx'))
const TraceDialog = lazy(() => import('./trace/TraceDialog.tsx'))

interface Props {
  conversation: ConversationView
  me: number
  aroundSeq?: number
}

const isTouch = () => matchMedia('(pointer: coarse)').matches

/** A conversation that is known: its timeline, what one can do with its messages, and the composer. */
export function OpenConversation({ conversation, me, aroundSeq }: Props) {
  const madang = useMadang()
  const { id } = conversation
  const timeline = useStore(madang.timelineOf(id))
  const composer = useRef<ComposerHandle>(null)
  const feed = useRef<TimelineHandle>(null)
  const { rows, opening, clearDivider } = useRows(conversation, timeline, me, aroundSeq)
  const [dragging, setDragging] = useState(false)
  useSeenInInbox(id)

  const latest = () => {
    if (aroundSeq) navigate(conversationPath(id), { replace: true })
    // The rows of the newest page come with the next commit; the view then hangs on the bottom.
    void madang.jumpToLatest(id).catch(() => undefined).then(() => feed.current?.goToBottom())
  }
  const { actions, pending, flashKey, menu, closeMenu, picking, closePicker, doomed, closeDoomed, dialog, closeDialog, jumpTo } = useMessageActions({
    conversation,
    me,
    rows,
    timeline,
    openAt: aroundSeq,
    composer,
    feed,
    openPicture: (message, file) => openLightbox(id, message, file.id),
  })

  // A link to a message of the conversation that is open already; Back from it returns to where one was.
  const visit = useStore($visit)
  const jumpedTo = useRef({ seq: aroundSeq, visit })
  const returnTo = useRef<Left | 'bottom'>(undefined)
  useEffect(() => {
    const again = jumpedTo.current.seq === aroundSeq
    if (again && (!aroundSeq || jumpedTo.current.visit === visit)) return
    jumpedTo.current = { seq: aroundSeq, visit }
    if (aroundSeq) {
      if (!again) returnTo.current = feed.current?.place ?? 'bottom'
      jumpTo(aroundSeq, true)
      return
    }
    const place = returnTo.current
    if ($arrival.get() !== 'back' || place === undefined) return
    if (place === 'bottom') void madang.jumpToLatest(id).catch(() => undefined).then(() => feed.current?.goToBottom())
    else if (madang.timelineOf(id).get().items.some((item) => item.key === place.anchor.key)) feed.current?.goToPlace(place)
    else jumpTo(place.seq, false)
  }, [madang, id, aroundSeq, visit, jumpTo])

  const ready = timeline.state === 'ready' && opening !== undefined
  useEffect(() => {
    if (!ready) return
    if (!isTouch() && $arrival.get() !== 'back') composer.current?.focus()
    firstScreenStands()
  }, [ready])

  const closed = isClosed(conversation, useStore(madang.server)?.direct_messages === 'contacts')
  const mayAnswer = mayWrite(conversation) && !closed
  const mayReact = conversation.dissolved_at === undefined && !closed
  const context = useMemo(
    () => ({ conversationId: id, direct: conversation.kind === 'direct', me, mayAnswer, mayReact, pending, actions }),
    [id, conversation.kind, me, mayAnswer, mayReact, pending, actions],
  )
  const mayDelete = (message: Message) => message.sender_id === me || (conversation.kind !== 'direct' && conversation.role !== 'member')
  const role = useStore(madang.me)?.role
  const mayTrace = (message: Message) => message.sender_id === me || role === 'owner' || role === 'admin'
  const rowKey = (event: React.KeyboardEvent, row: Row, article: HTMLElement) => {
    const message = messageOf(row)
    if (!message || row.item.state !== 'sent' || message.deleted_at !== undefined) return
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    const act = plain ? keyActions(event, message, row, article) : undefined
    if (!act) return
    event.preventDefault()
    act()
  }
  const keyActions = (event: React.KeyboardEvent, message: Message, row: Row, article: HTMLElement): (() => void) | undefined => {
    const bubble = article.querySelector<HTMLElement>('.said-line > :first-child') ?? article
    if (event.key === 'Enter' || (event.key === 'F10' && event.shiftKey) || event.key === 'ContextMenu') return () => actions.openMenu(row.key, bubble)
    if (event.key === '+' || event.code === 'NumpadAdd') return mayReact ? () => actions.pickReaction(message, bubble) : undefined
    if (event.shiftKey) return undefined
    if (event.code === 'KeyR' && mayAnswer) return () => actions.reply(message)
    if (event.code === 'KeyE' && mayAnswer && mayEdit(message, me)) return () => actions.edit(message)
    if (event.code === 'KeyC' && message.text) return () => actions.copyText(message)
    if (event.key === 'Delete' && mayDelete(message)) return () => actions.askDelete(message, row.key)
    return undefined
  }
  const escape = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing || event.keyCode === 229 || event.defaultPrevented) return
    // A dialog or popover that stands over the pane closes itself.
    if (event.target instanceof Element && event.target.closest('dialog, [popover]')) return
    event.preventDefault()
    if (composer.current?.escape()) return
    clearDivider()
    latest()
    madang.markRead(id, timeline.known_seq)
    composer.current?.focus()
  }
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files')
  return (
    <MessageContextProvider value={context}>
      <div
        className="conversation"
        onKeyDown={escape}
        onDragOver={(event) => {
          if (!carriesFiles(event)) return
          event.preventDefault()
          setDragging(true)
        }}
        onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setDragging(false)}
        onDrop={(event) => {
          setDragging(false)
          if (!carriesFiles(event)) return
          event.preventDefault()
          attachFiles(madang, id, filesOf(event.dataTransfer))
          composer.current?.focus()
        }}
      >
        <ConversationHead conversation={conversation} takesFocus={ready && isTouch()} />
        <div className="timeline-frame">
          {ready ? (
            <Timeline
              conversation={conversation}
              timeline={timeline}
              rows={rows}
              me={me}
              opening={opening}
              flashKey={flashKey}
              heldKey={menu?.key}
              handle={feed}
              onRowKey={rowKey}
              onLatest={latest}
            />
          ) : (
            <div className="timeline-wait">
              <SkeletonRows count={4} />
            </div>
          )}
        </div>
        <div className="composer-area">
          <div className="column">
            <TypingLine conversationId={id} />
            {closed ? (
              <Suspense>
                <DirectClosed conversation={conversation} />
              </Suspense>
            ) : mayAnswer ? (
              <Composer
                conversation={conversation}
                me={me}
                handle={composer}
                messageAt={(seq) => messageOf(rows.find((row) => row.seq === seq))}
                lastOwn={() => messageOf(rows.findLast((row) => row.item.state === 'sent' && row.item.kind === 'message' && mayEdit(row.item.message, me)))}
                onSend={() => (timeline.more_after ? latest() : feed.current?.goToBottom())}
                onJump={(seq) => actions.jumpTo(seq)}
                onLeaveUp={() => feed.current?.focusLast()}
              />
            ) : (
              <p className="read-only">{t(conversation.dissolved_at === undefined ? 'composer.only_admins' : 'composer.dissolved')}</p>
            )}
          </div>
        </div>
        <LightboxSlot />
        {dragging && <DropFrame />}
        <Suspense>
          {menu && <MessageMenu message={menu.message} rowKey={menu.key} at={menu.at} me={me} mayDelete={mayDelete(menu.message)} mayTrace={mayTrace(menu.message)} mayAnswer={mayAnswer} mayReact={mayReact} touch={isTouch()} actions={actions} onClose={closeMenu} />}
          {picking && <EmojiPopover anchor={picking.at} onClose={closePicker} onPick={(emoji) => actions.react(picking.message, emoji)} />}
          {dialog?.kind === 'trace' && <TraceDialog message={dialog.message} own={dialog.message.sender_id === me} onClose={closeDialog} />}
          {dialog?.kind === 'forward' && <ForwardDialog message={dialog.message} onClose={closeDialog} />}
          {dialog?.kind === 'report' && <ReportDialog message={dialog.message} direct={conversation.kind === 'direct'} onClose={closeDialog} />}
        </Suspense>
        {doomed && (
          <Confirm
            title={t('message.delete_ask')}
            text={t('message.delete_text')}
            confirm={t('message.delete')}
            danger
            onClose={closeDoomed}
            onConfirm={() => {
              const at = rows.findIndex((row) => row.key === doomed.key)
              madang.remove(id, doomed.message.seq).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
              const next = rows[at + 1] ?? rows[at]
              if (next) setTimeout(() => feed.current?.focusRow(next.key))
            }}
          />
        )}
      </div>
    </MessageContextProvider>
  )
}
