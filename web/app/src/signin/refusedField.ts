import { MadangError } from '@madang/client'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import { longestBytes, shortest } from './password.ts'
import type { Errors } from './useForm.ts'

/** A refusal at the field that it is about. */
export function refusedField(reason: unknown): Errors {
  if (!(reason instanceof MadangError) || !reason.field) return { form: errorText(reason) }
  switch (reason.field) {
    case 'username':
      return { username: /taken|exists|use/i.test(reason.message) ? t('signin.username.taken') : t('signin.username.rule') }
    case 'password':
    case 'new_password':
      return { [reason.field]: /first that|username/i.test(reason.message) ? t('signin.password.common') : t('signin.password.rule', { shortest, longest: longestBytes }) }
    case 'invitation':
      return { invitation: t('signin.invitation.wrong') }
    case 'claim':
      return { claim: t('signin.claim.wrong') }
    default:
      return { [reason.field]: reason.message, form: reason.message }
  }
}
