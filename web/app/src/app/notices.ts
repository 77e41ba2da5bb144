import type { ConversationView, Entry, Madang, Message } from '@madang/client'
import { t } from '../i18n/index.ts'
import { isMuted } from '../sidebar/row-state.ts'
import { announce } from './announcer.tsx'
import { noticePermission } from './notice-permission.ts'
import { $preferences } from './preferences.ts'
import { $route, navigate } from './router.ts'
import { conversationPath } from './routes.ts'
import '../i18n/later.ts'

/** Desktop notices, the sound and spoken arrivals. Of all open tabs the leading one shows and sounds. */
export function startNotices(madang: Madang): () => void {
  const tabs = shareTabs()
  const open = new Map<number, Notification>()
  const stopArrivals = madang.arrivals((entry, conversation) => {
    const message = calling(madang, entry, conversation)
    speakArrival(madang, entry, conversation)
    if (!message || !madang.leading.get()) return
    void Promise.all([tabs.anyFocused(), isWanted(madang, message, conversation, Date.now())]).then(([focused, wanted]) => {
      if (focused || !wanted) return
      if ($preferences.get().sound) playSound()
      if (mayNotify()) open.set(conversation.id, show(madang, message, conversation))
    })
  })
  // What was read anywhere needs no notice any more.
  const stopReading = madang.conversations.listen((conversations) => {
    for (const one of conversations) {
      if (one.unread > 0 || !open.has(one.id)) continue
      open.get(one.id)?.close()
      open.delete(one.id)
    }
  })
  return () => {
    stopArrivals()
    stopReading()
    tabs.stop()
    for (const notice of open.values()) notice.close()
  }
}

/** The message behind an entry if it calls for this person, by the conversation's own rules. */
export function calling(madang: Madang, entry: Entry, conversation: ConversationView): Message | undefined {
  if (entry.kind !== 'message_created') return undefined
  const message = entry.data
  const meId = madang.me.get()?.id ?? 0
  if (message.sender_id === meId || isMuted(conversation, Date.now())) return undefined
  const named = message.mentions.includes(meId) || message.mentions.includes('all')
  const wanted = conversation.preferences.notify === 'all' || named || message.reply_to?.sender_id === meId
  return wanted ? message : undefined
}

/** Whether this person wants to be told of it now, by the rules that all their devices share. */
export async function isWanted(madang: Madang, message: Message, { kind }: ConversationView, now: number): Promise<boolean> {
  // When it cannot be asked, a notice too many is better than one too few.
  const rules = await madang.rules.load().catch(() => undefined)
  if (!rules) return true
  const meId = madang.me.get()?.id ?? 0
  const named = message.mentions.includes(meId) || message.mentions.includes('all')
  const answered = message.reply_to?.sender_id === meId
  const type = named ? 'mention' : answered ? 'reply' : kind === 'direct' ? 'message' : undefined
  return !(type && rules.off.includes(type)) && !rules.quiet.some((span) => span.begin <= now && now < span.end)
}

/** New messages of the open conversation are read aloud, the first 120 characters of each. */
function speakArrival(madang: Madang, entry: Entry, conversation: ConversationView): void {
  const route = $route.get()
  if (entry.kind !== 'message_created' || route.page !== 'conversation' || route.id !== conversation.id || document.hidden) return
  const message = entry.data
  if (message.sender_id === madang.me.get()?.id) return
  announce(t('announce.message', { name: nameOf(madang, message.sender_id), text: excerpt(message, 120) }), 'message')
}

function show(madang: Madang, message: Message, conversation: ConversationView): Notification {
  const sender = nameOf(madang, message.sender_id)
  const body = $preferences.get().previews ? excerpt(message, 160) : t('notice.hidden')
  const notice = new Notification(conversation.kind === 'direct' ? sender : conversation.title, {
    body: conversation.kind === 'direct' ? body : `${sender}: ${body}`,
    tag: `madang-${conversation.id}`,
    icon: '/favicon-dot.svg',
    silent: true,
  })
  notice.onclick = () => {
    window.focus()
    navigate(conversationPath(conversation.id))
    notice.close()
  }
  return notice
}

const mayNotify = () => $preferences.get().notices && noticePermission() === 'granted'

const nameOf = (madang: Madang, id: number) => madang.accounts.get()[id]?.display_name ?? '…'

function excerpt(message: Message, length: number): string {
  const text = message.text.trim() || t('row.files', { count: message.attachments.length })
  return [...text].slice(0, length).join('')
}

/** Whether any tab of this browser has the person's eyes. */
function shareTabs() {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('madang.tabs')
  let answered: (() => void) | undefined
  if (channel) {
    channel.onmessage = (event: MessageEvent<string>) => {
      if (event.data === 'who is looking?' && document.hasFocus()) channel.postMessage('I am')
      if (event.data === 'I am') answered?.()
    }
  }
  return {
    anyFocused: async (): Promise<boolean> => {
      if (document.hasFocus()) return true
      if (!channel) return false
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), 80)
        answered = () => {
          clearTimeout(timer)
          resolve(true)
        }
        channel.postMessage('who is looking?')
      })
    },
    stop: () => channel?.close(),
  }
}

/** Two soft tones, made here: no file to load. */
export function playSound(): void {
  try {
    const audio = new AudioContext()
    const tone = (frequency: number, at: number) => {
      const oscillator = audio.createOscillator()
      const volume = audio.createGain()
      oscillator.frequency.value = frequency
      volume.gain.setValueAtTime(0, audio.currentTime + at)
      volume.gain.linearRampToValueAtTime(0.08, audio.currentTime + at + 0.02)
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.35)
      oscillator.connect(volume).connect(audio.destination)
      oscillator.start(audio.currentTime + at)
      oscillator.stop(audio.currentTime + at + 0.4)
    }
    tone(587, 0)
    tone(784, 0.12)
    setTimeout(() => void audio.close(), 800)
  } catch {
    // A page that was never clicked may not sound.
  }
}
