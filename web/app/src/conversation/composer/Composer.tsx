import type { ConversationView, Message } from '@madang/client'
import { useStore } from '@nanostores/react'
import { ArrowUp, Plus, Smile } from 'lucide-react'
import { lazy, Suspense, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from 'react'
import { useMadang } from '../../app/context.ts'
import { $preferences } from '../../app/preferences.ts'
import { Icon, IconButton, toast } from '../../components/index.ts'
import { errorText } from '../../i18n/errors.ts'
import { countText } from '../../i18n/format.ts'
import { t } from '../../i18n/index.ts'
import { $language } from '../../i18n/index.ts'
import { languageOf } from '../../i18n/names.ts'
import { Chips, Strip, Suggestions } from '../soon.ts'
import { $attached, attachFiles, filesOf, takeAttached } from './attachments.ts'
import { ComposerField } from './field.ts'
import { useSuggestions } from './useSuggestions.ts'
import './composer.css'

const EmojiPopover = lazy(() => import('../emoji/EmojiPopover.tsx'))

const MAX_TEXT = 8000
const COUNT_FROM = 7200

export interface ComposerHandle {
  reply(message: Message): void
  edit(message: Message): void
  focus(): void
  /** Closes what Escape closes here: suggestions, edit, reply. False when there was nothing. */
  escape(): boolean
}

export interface ComposerProps {
  conversation: ConversationView
  me: number
  handle: Ref<ComposerHandle>
  /** A message of this conversation, if it is loaded: for the reply of a kept draft. */
  messageAt: (seq: number) => Message | undefined
  lastOwn: () => Message | undefined
  onSend: () => void
  onJump: (seq: number) => void
  /** Up in an empty field with nothing of one's own to edit. */
  onLeaveUp: () => void
}

/** Where one writes. The field is the browser's own; what it holds is never set while an input method composes. */
export function Composer({ conversation, me, handle, messageAt, lastOwn, onSend, onJump, onLeaveUp }: ComposerProps) {
  const madang = useMadang()
  const { id } = conversation
  const language = useStore($language)
  const uploads = useStore($attached, { keys: [id] })[id] ?? []
  const limit = useStore(madang.server)?.limits['text_characters'] ?? MAX_TEXT
  const area = useRef<HTMLTextAreaElement>(null)
  const smile = useRef<HTMLSpanElement>(null)
  const [look, setLook] = useState({ empty: true, length: 0, lang: undefined as string | undefined })
  const [answering, setAnswering] = useState<Message>()
  const [editing, setEditing] = useState<Message>()
  const [picking, setPicking] = useState(false)
  const suggestions = useSuggestions(conversation, me)

  const [field] = useState(() => new ComposerField(madang, id, me))
  const state = useRef({ answering, editing, uploads, limit, lastOwn, messageAt, onSend, onLeaveUp, suggestions })
  useLayoutEffect(() => {
    state.current = { answering, editing, uploads, limit, lastOwn, messageAt, onSend, onLeaveUp, suggestions }
  })

  useEffect(() => {
    const element = area.current
    if (!element) return
    const beginEdit = (message: Message) => {
      setEditing(message)
      setAnswering(undefined)
      field.beginEdit(message.text)
    }
    const saveEdit = (message: Message, text: string) => {
      setEditing(undefined)
      field.endEdit()
      if (text === message.text) return
      madang.edit(id, message.seq, text).catch((reason: unknown) => {
        toast({ text: errorText(reason), kind: 'info' })
        // What was typed is not lost: it can be saved again, unless something else is being written.
        if (element.value !== '') return
        beginEdit(message)
        field.replace(text)
      })
    }
    const leave = field.attach(element, {
      enterSends: () => $preferences.get().enterSends && !matchMedia('(pointer: coarse)').matches,
      accept: () => state.current.suggestions.accept(element, field),
      changed: () => {
        const text = element.value
        setLook({ empty: text.trim() === '', length: Array.from(text).length, lang: languageOf(text) })
        state.current.suggestions.look(element)
      },
      caretMoved: () => state.current.suggestions.look(element),
      key: (event) => state.current.suggestions.key(event, element, field) || upEdits(event, element),
      send: (text) => {
        const now = state.current
        if (Array.from(text).length > now.limit) return false
        if (now.editing) {
          if (text.trim() === '') return false
          saveEdit(now.editing, text.trim())
          return false
        }
        const files = takeAttached(id)
        if (text.trim() === '' && files.length === 0) return false
        madang.send(id, { text: text.trim(), ...(now.answering && { reply_to: now.answering }), ...(files.length > 0 && { uploads: files }) })
        setAnswering(undefined)
        setLook({ empty: true, length: 0, lang: undefined })
        now.suggestions.close()
        now.onSend()
        return true
      },
      restored: (draft) => setAnswering(draft?.replyToSeq === undefined ? undefined : state.current.messageAt(draft.replyToSeq)),
    })
    function upEdits(event: KeyboardEvent, from: HTMLTextAreaElement): boolean {
      if (event.key !== 'ArrowUp' || from.value !== '' || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false
      const own = state.current.lastOwn()
      if (own) beginEdit(own)
      else state.current.onLeaveUp()
      return true
    }
    return leave
  }, [field, id, madang])

  const focus = () => area.current?.focus({ preventScroll: true })
  const endEdit = () => {
    setEditing(undefined)
    field.endEdit()
    focus()
  }
  const endReply = () => {
    setAnswering(undefined)
    field.setReply(undefined)
    focus()
  }
  useImperativeHandle(handle, () => ({
    reply: (message) => {
      if (editing) endEdit()
      setAnswering(message)
      field.setReply(message.seq)
      focus()
    },
    edit: (message) => {
      setEditing(message)
      setAnswering(undefined)
      field.beginEdit(message.text)
      focus()
    },
    focus,
    escape: () => {
      if (suggestions.open) suggestions.close()
      else if (editing) endEdit()
      else if (answering) endReply()
      else return false
      return true
    },
  }))

  const readOnly = conversation.rules.post === 'admin' && conversation.role === 'member'
  if (readOnly) return <p className="composer-closed small">{t('composer.read_only')}</p>

  const name = conversation.with?.display_name ?? conversation.title
  const over = look.length > limit
  const ready = !over && (!look.empty || (uploads.length > 0 && !editing))
  const attach = (files: readonly File[]) => attachFiles(madang, id, files)
  return (
    <div className="composer" data-state={over ? 'over' : undefined}>
      {editing && <Strip kind="edit" message={editing} onClose={endEdit} onJump={onJump} />}
      {answering && !editing && <Strip kind="reply" message={answering} onClose={endReply} onJump={onJump} />}
      {uploads.length > 0 && !editing && <Chips conversationId={id} uploads={uploads} />}
      <div className="entry-line">
        {!editing && <AttachButton onFiles={attach} />}
        <textarea
          ref={area}
          rows={1}
          className="field-text"
          data-empty={look.length === 0 ? '' : undefined}
          lang={look.lang ?? language}
          dir="auto"
          aria-label={t('composer.label', { name })}
          placeholder={t('composer.placeholder', { name })}
          enterKeyHint={matchMedia('(pointer: coarse)').matches ? 'enter' : 'send'}
          autoComplete="off"
          {...suggestions.field}
          onPaste={(event) => {
            const files = filesOf(event.clipboardData)
            // A spreadsheet's copy carries a picture of itself beside its text: the text is meant.
            if (files.length === 0 || editing || event.clipboardData.types.includes('text/plain')) return
            event.preventDefault()
            attach(files)
          }}
        />
        {look.length >= COUNT_FROM && (
          <span className="counter meta" data-over={over ? '' : undefined} role="status">
            {countText(limit - look.length)}
          </span>
        )}
        {over && (
          <button type="button" className="text-button" onClick={() => attach([field.takeAsFile()])}>
            {t('composer.send_as_file')}
          </button>
        )}
        <span ref={smile} className="smile-anchor">
          <IconButton icon={Smile} label={t('composer.emoji')} aria-haspopup="dialog" aria-expanded={picking} onClick={() => setPicking(!picking)} />
        </span>
        <button type="button" className="send" data-empty={ready ? undefined : ''} aria-label={editing ? t('composer.save') : t('composer.send')} title={editing ? t('composer.save') : t('composer.send')} aria-disabled={!ready} onPointerDown={(event) => event.preventDefault()} onClick={() => field.sendNow()}>
          <Icon of={ArrowUp} />
        </button>
      </div>
      {suggestions.open && <Suggestions suggestions={suggestions} onTake={(index) => area.current && suggestions.take(index, area.current, field)} />}
      <Suspense>{picking && <EmojiPopover anchor={smile} onClose={() => setPicking(false)} onPick={(emoji) => field.insert(emoji)} />}</Suspense>
    </div>
  )
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <IconButton icon={Plus} label={t('composer.attach')} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          onFiles(Array.from(event.target.files ?? []))
          event.target.value = ''
        }}
      />
    </>
  )
}
