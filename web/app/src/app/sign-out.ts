import type { Madang } from '@madang/client'
import { toast } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { navigate } from './router.ts'

/** Signs this device out and goes to the gate. */
export async function signOut(madang: Madang): Promise<void> {
  try {
    await madang.signOut()
    navigate('/sign-in', { replace: true })
  } catch (reason) {
    toast({ kind: 'info', text: errorText(reason) })
  }
}
