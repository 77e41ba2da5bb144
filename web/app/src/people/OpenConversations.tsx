import type { OpenConversation } from '@madang/client'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useMadang } from '../app/context.ts'
import { navigate } from '../app/router.ts'
import { conversationPath } from '../app/routes.ts'
import { Avatar, Button, Dialog, FieldError, Icon, SkeletonRows, TextButton } from '../components/index.ts'
import { errorText } from '../i18n/errors.ts'
import { t } from '../i18n/index.ts'
import '../i18n/later.ts'
import './people.css'

const SETTLE_MS = 150

/** What anybody on this server may join: found by name, joined or opened. */
export default function OpenConversations({ onClose }: { onClose: () => void }) {
  const madang = useMadang()
  const [query, setQuery] = useState('')
  const [error, setError] = useState<string>()
  const { found, more, loadMore } = useOpenConversations(query.trim(), setError)
  const enter = async (one: OpenConversation) => {
    setError(undefined)
    try {
      if (!one.joined) await madang.joinOpenConversation(one.id)
      onClose()
      navigate(conversationPath(one.id))
    } catch (reason) {
      setError(errorText(reason))
    }
  }
  return (
    <Dialog title={t('open.title')} onClose={onClose} place="top">
      <div className="find-person" role="search">
        <label className="input" data-kind="search">
          <Icon of={Search} size={16} />
          <span className="for-ears">{t('open.find')}</span>
          <input autoFocus value={query} placeholder={t('open.find')} onChange={(event) => setQuery(event.target.value)} />
        </label>
        {error && <FieldError>{error}</FieldError>}
        {found === undefined ? (
          !error && <SkeletonRows count={3} />
        ) : found.length === 0 ? (
          <p className="small nobody">{query ? t('open.none', { query }) : t('open.nothing')}</p>
        ) : (
          <ul className="open-conversations">
            {found.map((one) => (
              <Line key={one.id} one={one} onEnter={() => void enter(one)} />
            ))}
          </ul>
        )}
        {more && <TextButton onClick={loadMore}>{t('open.more')}</TextButton>}
      </div>
    </Dialog>
  )
}

function Line({ one, onEnter }: { one: OpenConversation; onEnter: () => void }) {
  const madang = useMadang()
  const label = one.joined ? t('open.go_label', { title: one.title }) : t('open.join_label', { title: one.title })
  return (
    <li>
      <Avatar id={one.id} name={one.title} kind="group" size={40} pictureUrl={one.picture_url && madang.fileUrl(one.picture_url)} />
      <span className="grow">
        <bdi className="cut strong stacked">{one.title}</bdi>
        {one.description && <span className="small cut stacked">{one.description}</span>}
        <span className="meta">{t('details.member_count', { count: one.member_count })}</span>
      </span>
      <Button small aria-label={label} onClick={onEnter}>
        {one.joined ? t('open.go') : t('open.join')}
      </Button>
    </li>
  )
}

function useOpenConversations(query: string, onError: (text: string | undefined) => void) {
  const madang = useMadang()
  const [page, setPage] = useState<{ query: string; found: OpenConversation[]; cursor?: string | undefined }>()
  useEffect(() => {
    let here = true
    const timer = setTimeout(
      () => {
        madang.findOpenConversations(query).then(
          ({ conversations, cursor }) => {
            if (!here) return
            onError(undefined)
            setPage({ query, found: conversations, cursor })
          },
          (reason: unknown) => here && onError(errorText(reason)),
        )
      },
      query ? SETTLE_MS : 0,
    )
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [madang, query, onError])
  const loadMore = () => {
    if (!page?.cursor) return
    madang.findOpenConversations(page.query, page.cursor).then(
      ({ conversations, cursor }) => setPage((now) => (now === page ? { query: page.query, found: [...page.found, ...conversations], cursor } : now)),
      (reason: unknown) => onError(errorText(reason)),
    )
  }
  return { found: page?.found, more: page?.cursor !== undefined, loadMore }
}
