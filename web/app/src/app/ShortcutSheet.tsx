import { Dialog } from '../components/index.ts'
import { t, type Key } from '../i18n/index.ts'
import '../i18n/later.ts'
import { shortcutText } from './shortcut-text.ts'
import './shortcut-sheet.css'

const groups: { title: Key; rows: [string, Key][] }[] = [
  {
    title: 'shortcuts.everywhere',
    rows: [
      ['Ctrl K', 'shortcuts.jump'],
      ['Ctrl Shift F', 'shortcuts.search'],
      ['Alt ↑ / Alt ↓', 'shortcuts.neighbour'],
      ['Alt Shift ↑ / ↓', 'shortcuts.unread'],
      ['F6', 'shortcuts.pane'],
      ['Ctrl /', 'shortcuts.sheet'],
      ['Esc', 'shortcuts.close'],
      ['Shift Esc', 'shortcuts.read_all'],
    ],
  },
  {
    title: 'shortcuts.writing',
    rows: [
      ['Enter', 'shortcuts.send'],
      ['Shift Enter', 'shortcuts.line'],
      ['Ctrl Enter', 'shortcuts.always_send'],
      ['↑', 'shortcuts.edit_last'],
    ],
  },
  {
    title: 'shortcuts.on_message',
    rows: [
      ['R', 'shortcuts.reply'],
      ['E', 'shortcuts.edit'],
      ['+', 'shortcuts.react'],
      ['C', 'shortcuts.copy'],
      ['Delete', 'shortcuts.delete'],
      ['/', 'shortcuts.search'],
    ],
  },
]

/** What the keys do, on Ctrl+/. */
export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose} width={560}>
      <div className="shortcut-sheet">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="label">{t(group.title)}</h3>
            <dl>
              {group.rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>{t(what)}</dt>
                  <dd>
                    <kbd className="key">{shortcutText(keys)}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
