import type { ConversationView, Message, StoredFile, Timeline } from '@madang/client'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react'
import { useMadang } from '../app/context.ts'
import { $path, navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import type { ComposerHandle } from './composer/Composer.tsx'
import type { Row } from './logic/runs.ts'
import { messageOf } from './logic/runs.ts'
import type { MessageActions, MessageDialog } from './message/context.ts'
import { copyText } from './soon.ts'
import type { TimelineHandle } from './timeline/Timeline.tsx'

const FLASH_MS = 1200

interface World {
  conversation: ConversationView
  me: number
  rows: readonly Row[]
  timeline: Timeline
  /** The message that a link opened the conversation at. */
  openAt: number | undefined
  composer: RefObject<ComposerHandle | null>
  feed: RefObject<TimelineHandle | null>
  openPicture: (message: Message, file: StoredFile) => void
}

interface OpenMenu {
  key: string
  message: Message
  at: HTMLElement
}

/** What people do with messages, and the menus and questions that this opens. The actions stay the same object. */
export function useMessageActions(world: World) {
  const madang = useMadang()
  const { id } = world.conversation
  const [menu, setMenu] = useState<OpenMenu>()
  const [picking, setPicking] = useState<{ message: Message; at: RefObject<HTMLElement>; key: string | undefined }>()
  const [doomed, setDoomed] = useState<{ message: Message; key: string }>()
  const [dialog, setDialog] = useState<{ kind: MessageDialog; message: Message; key: string }>()
  const [pending, setPending] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [jump, setJump] = useState(() => (world.openAt === undefined ? undefined : { seq: world.openAt, flash: true }))
  const now = useRef(world)
  useLayoutEffect(() => {
    now.current = world
  })

  const jumpTo = useCallback(
    (seq: number, flash: boolean) => {
      setJump({ seq, flash })
      const loaded = now.current.rows.some((row) => row.seq === seq)
      if (!loaded) void madang.loadAround(id, seq).catch((reason: unknown) => toast({ text: errorText(reason), kind: 'info' }))
    },
    [madang, id],
  )
  // The message is gone to as soon as it is among the rows: at once, or when it has been loaded.
  const { rows, feed, timeline } = world
  const targetKey = jump && rows.find((row) => row.seq === jump.seq)?.key
  useLayoutEffect(() => {
    if (!jump || targetKey === undefined) return
    feed.current?.goTo(targetKey)
    const timer = setTimeout(() => setJump(undefined), FLASH_MS)
    return () => clearTimeout(timer)
  }, [jump, targetKey, feed])
  // A link may lead to what was never a message, or to what was said before one came.
  const told = useRef<typeof jump>(undefined)
  const missing = jump !== undefined && targetKey === undefined && reaches(timeline, jump.seq)
  useEffect(() => {
    if (!missing || told.current === jump) return
    told.current = jump
    toast({ text: t('message.not_here'), kind: 'info' })
  }, [missing, jump])
  const flashKey = jump?.flash ? targetKey : undefined

  /** The opener may have gone with the pointer: then its message takes the focus back, unless something else has. */
  const focusBack = (key: string | undefined) =>
    requestAnimationFrame(() => {
      if (key !== undefined && document.activeElement === document.body) feed.current?.focusRow(key)
    })

  const actions = useMemo<MessageActions>(() => {
    const failed = (reason: unknown) => toast({ text: errorText(reason), kind: 'info' })
    const mark = (name: string, on: boolean | undefined) =>
      setPending((before) => {
        const next = new Map(before)
        if (on === undefined) next.delete(name)
        else next.set(name, on)
        return next
      })
    return {
      reply: (message) => now.current.composer.current?.reply(message),
      edit: (message) => now.current.composer.current?.edit(message),
      askDelete: (message, key) => setDoomed({ message, key }),
      react: (message, emoji) => {
        const current = now.current.rows.map(messageOf).find((one) => one?.seq === message.seq) ?? message
        const mine = current.reactions.some((one) => one.emoji === emoji && one.mine)
        const name = `${message.seq} ${emoji}`
        mark(name, !mine)
        madang.react(id, message.seq, emoji, !mine).catch(failed).finally(() => mark(name, undefined))
      },
      pickReaction: (message, at) => setPicking({ message, at: { current: at }, key: at.closest<HTMLElement>('.entry')?.dataset.row }),
      openMenu: (key, at) => {
        const message = messageOf(now.current.rows.find((row) => row.key === key))
        if (message) setMenu({ key, message, at })
      },
      copyText: (message) => copyText(message.text, 'text'),
      copyLink: (message) => copyText(location.origin + conversationPath(id, { seq: message.seq }), 'link'),
      pin: (message) => void madang.pin(id, message.seq, message.pinned_at === undefined).catch(failed),
      removePreviews: (message) => void madang.removePreviews(id, message.seq).catch(failed),
      openDialog: (kind, message, key) => setDialog({ kind, message, key }),
      // By its own address, so that Back returns.
      jumpTo: (seq) => {
        const path = conversationPath(id, { seq })
        if ($path.get() === path) jumpTo(seq, true)
        else navigate(path)
      },
      openPicture: (message, file) => now.current.openPicture(message, file),
      retry: (message) => madang.retry(id, message.client_id),
      discard: (message) => madang.discard(id, message.client_id),
    }
  }, [madang, id, jumpTo])

  return {
    actions,
    pending,
    flashKey,
    jumpTo,
    menu,
    closeMenu: () => {
      setMenu(undefined)
      focusBack(menu?.key)
    },
    picking,
    closePicker: () => {
      setPicking(undefined)
      focusBack(picking?.key)
    },
    doomed,
    closeDoomed: () => setDoomed(undefined),
    dialog,
    closeDialog: () => {
      setDialog(undefined)
      focusBack(dialog?.key)
    },
  }
}

/** Whether the rows that are loaded would hold the message at `seq`, if there were one. */
function reaches({ state, items, more_before, more_after }: Timeline, seq: number): boolean {
  if (state !== 'ready') return false
  const seqs = items.map((item) => (item.kind === 'message' ? item.message.seq : item.entry.seq)).filter((one) => one > 0)
  const [first = 0, last = 0] = [seqs[0], seqs.at(-1)]
  return (seq >= first || !more_before) && (seq <= last || !more_after)
}
