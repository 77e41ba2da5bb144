import { useState } from 'react'
import { t } from '../i18n/index.ts'
import { TextButton } from './Button.tsx'
import { TextField, type TextFieldProps } from './Field.tsx'

/** A password that may be shown while typing. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'inside'>) {
  const [shown, setShown] = useState(false)
  return (
    <TextField
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      {...props}
      type={shown ? 'text' : 'password'}
      inside={
        <TextButton aria-pressed={shown} aria-label={shown ? t('field.password.hide_label') : t('field.password.show_label')} onClick={() => setShown(!shown)}>
          {shown ? t('field.password.hide') : t('field.password.show')}
        </TextButton>
      }
    />
  )
}
