import { t } from '../i18n/index.ts'
import { judgePassword, longestBytes, shortest } from './password.ts'

/** Four bars and a word under a new password; only the bars where an error already has the word. */
export function PasswordMeter({ password, username, wordless }: { password: string; username?: string; wordless?: boolean }) {
  const { state, level } = judgePassword(password, username)
  return (
    <span className="password-meter" data-state={state}>
      <span className="bars" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <i key={bar} data-on={bar <= level ? '' : undefined} />
        ))}
      </span>
      {!wordless && <span aria-live="polite">{state === 'empty' ? t('signin.password.rule', { shortest, longest: longestBytes }) : t(`signin.password.${state}`, { shortest, longest: longestBytes })}</span>}
    </span>
  )
}
