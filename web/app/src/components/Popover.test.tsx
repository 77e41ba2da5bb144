import { render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { Popover } from './Popover.tsx'

test('closes when its button has gone before it could open', () => {
  const onClose = vi.fn()
  const gone = { current: document.createElement('button') }
  render(<Popover anchor={gone} onClose={onClose}>here</Popover>)
  expect(onClose).toHaveBeenCalledOnce()
})

test('stays open when its button goes later', () => {
  const onClose = vi.fn()
  const anchor = { current: document.body.appendChild(document.createElement('button')) }
  const shown = render(<Popover anchor={anchor} onClose={onClose}>here</Popover>)
  anchor.current.remove()
  shown.rerender(<Popover anchor={anchor} onClose={onClose}>still here</Popover>)
  expect(screen.getByText('still here')).toBeTruthy()
  expect(onClose).not.toHaveBeenCalled()
})
