/** The screens with the people of the pictures, without a server: `npm run dev`, then /tests/story.html?path=/c&language=ko. Not shipped. */
import '../src/styles/index.css'
import { MadangError, type Notification } from '@madang/client'
import { createRoot } from 'react-dom/client'
import { App } from '../src/app/App.tsx'
import { draftKey, $drafts } from '../src/app/drafts.ts'
import { startRouter } from '../src/app/router.ts'
import { keepTheme } from '../src/app/theme.ts'
import { chooseLanguage, type Language } from '../src/i18n/index.ts'
import { account, conversation, fakeMadang, sessionOf } from './fake-madang.ts'

const asked = new URLSearchParams(location.search)
const language = (asked.get('language') ?? 'en') as Language
const korean = language === 'ko'
const minute = 60_000
const at = (clock: string, daysAgo = 0) => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return new Date().setHours(hours, minutes, 0, 0) - daysAgo * 1440 * minute
}

const [me, ana, ben, cleo, minji, seoyeon, dana] = [account(6, '도윤', 'doyun'), account(2, 'ana'), account(1, 'ben'), account(5, 'cleo'), account(8, '민지', 'minji'), account(12, '서연', 'seoyeon'), account(3, 'dana')]
const empty = asked.has('empty')
const last = (sender_id: number, text: string, sent_at: number) => ({ last_message: { seq: 10, sender_id, sent_at, text, attachment_count: 0, deleted: false }, last_active_at: sent_at })
const say = (en: string, ko: string) => (korean ? ko : en)

const list = [
  conversation(4, { title: say('Design room', '마당 디자인'), preferences: { notify: 'all', pinned: true, archived: false }, ...last(2, '', at('14:05')) }),
  conversation(21, { with: ana, title: '', unread: 4, ...last(2, say('Colours are ready, have a look', '색이 준비됐어요. 한번 봐 주세요'), at('14:02')) }),
  conversation(14, { title: say('Roof repair', '지붕 수리'), unread: 3, mentions: 2, ...last(1, say('@doyun look at the eaves', '@도윤 처마 쪽 좀 봐 주세요'), at('11:20')) }),
  conversation(22, { with: seoyeon, title: '', ...last(12, '', at('10:48')) }),
  conversation(9, { title: say('Book evening', '책 읽는 밤'), unread: 12, ...last(5, say('chapter four next week', '다음 주는 네 번째 장이에요'), at('9:31')) }),
  conversation(15, { title: say('Lunch', '점심'), unread: 2, preferences: { notify: 'nothing', pinned: false, archived: false }, ...last(6, say('noodles today?', '오늘은 국수 어때요?'), at('9:12')) }),
  conversation(23, { with: cleo, title: '', not_sent: 3, ...last(5, '', at('18:00', 1)) }),
  conversation(24, { with: minji, title: '', ...last(6, say('yes, I will come at ten', '네, 열 시에 갈게요'), at('17:00', 1)) }),
  conversation(25, { with: ben, title: '', ...last(1, say('Thank you! Drawings on Friday', '고마워요. 도면은 금요일에 드릴게요'), at('12:00', 3)) }),
]

const note = (id: number, type: string, facts: Partial<Notification>): Notification => ({ id, seq: id, type, group: `g${id}`, title: type, body: '', url: '/c', created_at: at('14:05'), count: 1, data: {}, ...facts })
const notes = [
  note(1, 'mention', { actor_id: 1, conversation_id: 4, count: 3, body: '@doyun 처마 선을 조금만 낮춰도 될까요?' }),
  note(2, 'message', { actor_id: 3, body: say('We met at the roof workshop.', '지붕 공방에서 만났어요.'), created_at: at('13:40') }),
  note(3, 'mention', { actor_id: 1, conversation_id: 14, body: say('@doyun have a look at the eaves before Monday.', '@도윤 월요일 전에 처마를 봐 주세요.'), created_at: at('11:20') }),
  note(4, 'reaction', { actor_id: 2, conversation_id: 15, data: { emoji: '👍' }, body: '오늘은 국수 어때요?', created_at: at('9:15'), read_at: 1 }),
  note(5, 'reply', { actor_id: 8, conversation_id: 4, body: say('Ten is good.', '열 시 좋아요.'), created_at: at('9:15', 2), read_at: 1 }),
  note(6, 'invitation', { actor_id: 5, conversation_id: 9, created_at: at('9:15', 3), read_at: 1 }),
]

const sessions = [sessionOf(1, true), sessionOf(2, false, say('Safari on a phone', '휴대폰의 Safari'), 2), sessionOf(3, false, say('Firefox on the workshop desk', '작업실 책상의 Firefox'), 90)]
const { madang } = fakeMadang({
  accounts: [me, ana, ben, cleo, minji, seoyeon, dana] as never,
  meId: 6,
  conversations: empty ? [] : list,
  presence: { 2: 'online', 1: 'busy', 5: 'offline', 8: 'online', 12: 'away', 6: 'online' },
  typing: { 4: [2] },
  notifications: empty ? [] : notes,
  sessions,
  serverName: say('Hanok team', '한옥 팀'),
  registration: asked.get('registration') === 'invitation' ? 'invitation' : 'open',
  signInError: new MadangError({ code: 'unauthorized', message: 'no', retryable: false }),
  ...(asked.has('stranger') ? { session: { state: 'signed-out' as const } } : {}),
})
$drafts.setKey(draftKey(6, 22), { text: say('The estimate will be there Monday', '견적은 월요일까지 보낼게요') })
if (asked.has('done')) localStorage.setItem('madang.first-run.6', 'done')

await chooseLanguage(language)
keepTheme()
history.replaceState(null, '', asked.get('path') ?? '/c')
startRouter()
const { $path } = await import('../src/app/router.ts')
$path.set(location.pathname)
createRoot(document.getElementById('madang') as HTMLElement).render(<App madang={madang} />)
;(window as unknown as { madang: unknown }).madang = madang
