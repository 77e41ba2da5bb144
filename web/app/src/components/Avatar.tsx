import type { Account, Conversation, Presence } from '@madang/client'
import { useStore } from '@nanostores/react'
import { useState } from 'react'
import { useMadang } from '../app/context.ts'
import { initials, isLatin, personColour } from '../i18n/names.ts'

export interface AvatarProps {
  id: number
  name: string
  kind?: 'person' | 'group'
  /** Pixels; the stylesheet may override by setting --size. */
  size?: number
  pictureUrl?: string | undefined
  presence?: Presence['state'] | undefined
}

/** A face, or the letters that stand for it. People are circles, groups rounded squares. Decorative: the name stands beside it. */
export function Avatar({ id, name, kind = 'person', size, pictureUrl, presence }: AvatarProps) {
  const [broken, setBroken] = useState<string>()
  const letters = initials(name, kind)
  const shown = pictureUrl && broken !== pictureUrl ? pictureUrl : undefined
  return (
    <span
      className="avatar"
      data-kind={kind}
      data-person={personColour(id)}
      data-latin={isLatin(letters) && letters.length === 1 ? '' : undefined}
      style={size ? ({ '--size': `${size}px` } as React.CSSProperties) : undefined}
      aria-hidden="true"
    >
      {shown ? <img src={shown} alt="" draggable={false} onError={() => setBroken(shown)} /> : letters}
      {presence && <span className="presence" data-state={presence} />}
    </span>
  )
}

/** A person's avatar with live presence; while it is on the page the presence is watched. */
export function PersonAvatar({ account, size, presence: told }: { account: Account; size?: number; presence?: Presence['state'] }) {
  const presence = useStore(useMadang().presenceOf(account.id))
  return <AccountAvatar account={account} {...(size ? { size } : {})} presence={told ?? presence?.state} />
}

/** A person's avatar without presence. */
export function AccountAvatar({ account, size, presence }: { account: Account; size?: number; presence?: Presence['state'] | undefined }) {
  const madang = useMadang()
  return (
    <Avatar
      id={account.id}
      name={account.display_name}
      pictureUrl={account.picture_url && madang.fileUrl(account.picture_url)}
      {...(size ? { size } : {})}
      presence={presence}
    />
  )
}

/** What stands for a conversation: the other person with presence, or the group. */
export function ConversationAvatar({ conversation, size }: { conversation: Conversation; size?: number }) {
  const madang = useMadang()
  if (conversation.with) return <PersonAvatar account={conversation.with} {...(size ? { size } : {})} />
  return (
    <Avatar
      id={conversation.id}
      name={conversation.title}
      kind="group"
      pictureUrl={conversation.picture_url && madang.fileUrl(conversation.picture_url)}
      {...(size ? { size } : {})}
    />
  )
}
