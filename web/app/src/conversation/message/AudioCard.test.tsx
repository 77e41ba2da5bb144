import { fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { renderInConversation } from '../testing.tsx'
import AudioCard from './AudioCard.tsx'

const VOICE = { id: 5, name: 'voice.wav', media_type: 'audio/wav', size_bytes: 5, url: '/f/5' }

afterEach(() => void vi.restoreAllMocks())

test('a sound whose length was known before it was shown can be gone through to its end', () => {
  // The element begins to load when React makes it, and its events find no card until that is shown.
  vi.spyOn(HTMLMediaElement.prototype, 'duration', 'get').mockReturnValue(2)
  renderInConversation(<AudioCard file={VOICE} />)
  const slider = screen.getByRole('slider')
  expect(slider.getAttribute('max')).toBe('2')
  fireEvent.change(slider, { target: { value: '2' } })
  expect(document.querySelector('audio')).toHaveProperty('currentTime', 2)
})

test('a sound that was gone before it was shown says so', () => {
  vi.spyOn(HTMLMediaElement.prototype, 'error', 'get').mockReturnValue({ code: 4 } as MediaError)
  renderInConversation(<AudioCard file={VOICE} />)
  expect(screen.getByRole('group').dataset.state).toBe('gone')
})
