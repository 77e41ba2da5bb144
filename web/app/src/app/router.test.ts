import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { $path, $route, back, navigate, openLayer, startRouter } from './router.ts'
import { conversationPath, parseRoute } from './routes.ts'

describe('parseRoute', () => {
  const table: [path: string, route: unknown][] = [
    ['/', { page: 'conversations' }],
    ['/c', { page: 'conversations' }],
    ['/c/12', { page: 'conversation', id: 12, details: false }],
    ['/c/12/', { page: 'conversation', id: 12, details: false }],
    ['/c/12/m/340', { page: 'conversation', id: 12, aroundSeq: 340, details: false }],
    ['/c/12/details', { page: 'conversation', id: 12, details: true }],
    ['/notifications', { page: 'notifications' }],
    ['/search', { page: 'search' }],
    ['/search/more', { page: 'unknown' }],
    ['/settings', { page: 'settings' }],
    ['/settings/devices', { page: 'settings', section: 'devices' }],
    ['/sign-in', { page: 'sign-in' }],
    ['/join/ab%20c', { page: 'create-account', invitation: 'ab c' }],
    ['/join/abcd-efgh-2345-6789', { page: 'create-account', invitation: 'abcd-efgh-2345-6789' }],
    ['/join/abcdefgh23456789', { page: 'join', code: 'abcdefgh23456789' }],
    ['/c/0', { page: 'unknown' }],
    ['/c/12/m/0', { page: 'unknown' }],
    ['/c/12/m/3/4', { page: 'unknown' }],
    ['/settings/nothing', { page: 'unknown' }],
    ['/elsewhere', { page: 'unknown' }],
  ]
  test.each(table)('%s', (path, route) => {
    expect(parseRoute(path)).toEqual(route)
  })

  test('reads back what conversationPath writes', () => {
    expect(parseRoute(conversationPath(7, { seq: 9 }))).toEqual({ page: 'conversation', id: 7, aroundSeq: 9, details: false })
    expect(parseRoute(conversationPath(7, { details: true }))).toEqual({ page: 'conversation', id: 7, details: true })
  })
})

describe('the router', () => {
  let stop = () => undefined as void
  beforeEach(() => {
    history.replaceState(null, '', '/c')
    $path.set('/c')
    stop = startRouter()
  })
  afterEach(() => {
    stop()
    vi.restoreAllMocks()
  })

  test('goes to a page', () => {
    navigate('/c/5')
    expect($route.get()).toEqual({ page: 'conversation', id: 5, details: false })
    expect(location.pathname).toBe('/c/5')
  })

  test('Back without a page of ours before leads to the fallback', () => {
    back('/settings')
    expect(location.pathname).toBe('/settings')
  })

  test('Back closes the topmost layer and stays on the page', () => {
    navigate('/c/5')
    const closed = vi.fn()
    openLayer(closed)
    dispatchEvent(new PopStateEvent('popstate'))
    expect(closed).toHaveBeenCalledOnce()
    expect($path.get()).toBe('/c/5')
  })

  test('a page opened from a dialog takes over its history entry', () => {
    const before = history.length
    const leave = openLayer(() => undefined)
    leave()
    navigate('/c/6')
    expect($path.get()).toBe('/c/6')
    expect(history.length).toBe(before + 1)
  })

  test('a dialog that opens while another steps back adds its entry after that step', async () => {
    const step = vi.spyOn(history, 'back').mockImplementation(() => undefined)
    openLayer(() => undefined)()
    await vi.waitFor(() => expect(step).toHaveBeenCalledOnce())
    // Chromium goes to where the step led when it was asked for: past an entry that is added until then.
    const added = vi.spyOn(history, 'pushState')
    const closed = vi.fn()
    openLayer(closed)
    expect(added).not.toHaveBeenCalled()
    dispatchEvent(new PopStateEvent('popstate'))
    expect(added).toHaveBeenCalledOnce()
    expect(closed).not.toHaveBeenCalled()
    dispatchEvent(new PopStateEvent('popstate'))
    expect(closed).toHaveBeenCalledOnce()
  })

  test('one that opens and closes meanwhile takes no step', async () => {
    navigate('/c/5')
    const first = openLayer(() => undefined)
    const stepped = vi.spyOn(history, 'back')
    first()
    await vi.waitFor(() => expect(stepped).toHaveBeenCalledOnce())
    openLayer(() => undefined)()
    navigate('/c/6')
    await vi.waitFor(() => expect(location.pathname).toBe('/c/6'))
    await new Promise((resolve) => setTimeout(resolve))
    expect(stepped).toHaveBeenCalledOnce()
    expect(location.pathname).toBe('/c/6')
  })
})
