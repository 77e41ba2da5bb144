/**
 * When Enter sends. The browser's wish to insert a line break decides, never `keydown`: an input method that used
 * the Enter for itself never lets that wish through. The rules R1 to R6 are those of the interface description.
 */

/** What the machine needs from the field it serves. */
export interface EnterField {
  /** Sends what the field holds. Called with an empty field too; then it does nothing. */
  send(): void
  /** Accepts the chosen suggestion; false when none is open. */
  accept(): boolean
  /** Whether a plain Enter sends: false on touch keyboards, and for people who chose so. */
  enterSends(): boolean
}

export interface KeyPress {
  key: string
  code: string
  keyCode: number
  isComposing: boolean
  repeat: boolean
  shiftKey: boolean
  altKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  preventDefault(): void
}

/** What the browser is about to do to the field's text. */
export interface InputWish {
  inputType: string
  data?: string | null
  preventDefault(): void
}

interface Press {
  /** Shift or Alt: the person wants a line. */
  line: boolean
  /** Ctrl or Cmd: send, whatever is chosen. */
  always: boolean
  inComposition: boolean
  used: boolean
  /** The browser has asked for a line break. */
  asked: boolean
}

type Timer = ReturnType<typeof setTimeout>

/** How long a composition that is about to end may take, and how long a swallowed Enter waits to be sure. */
const WAIT_MS = 60
/** An Enter this soon after a commit belongs to it. */
const AFTER_COMMIT_MS = 30

const HANGUL = /^\p{Script=Hangul}+$/u
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Fn'])

/** Whether a key belongs to an input method: shortcuts must leave it alone. */
export function isForInputMethod(event: { isComposing: boolean; keyCode: number }): boolean {
  return event.isComposing || event.keyCode === 229
}

export function isEnter(event: { key: string; code: string }): boolean {
  return event.key === 'Enter' || event.code === 'Enter' || event.code === 'NumpadEnter'
}

/** One field's Enter: feed it the field's events, it calls `send` once per Enter that was meant so. */
export class EnterMachine {
  #field: EnterField
  #now: () => number
  #composing = false
  /** What the composition holds. */
  #composed = ''
  /** What a composition held whose text has gone from the field. */
  #gone: string | undefined
  #press: Press | undefined
  #commit: { text: string; at: number } | undefined
  #waitForEnd: Timer | undefined
  #waitSwallowed: Timer | undefined

  constructor(field: EnterField, now: () => number = () => performance.now()) {
    this.#field = field
    this.#now = now
  }

  get composing(): boolean {
    return this.#composing
  }

  keyDown(event: KeyPress): void {
    this.#gone = undefined
    if (!isEnter(event)) {
      if (!MODIFIERS.has(event.key)) this.#press = undefined
      return
    }
    if (event.repeat) return
    const inComposition = isForInputMethod(event) || this.#composing
    const press = this.#samePress()
    press.line = event.shiftKey || event.altKey
    press.always = event.ctrlKey || event.metaKey
    press.inComposition ||= inComposition
    if (press.always && !press.line) this.#sendAlways(event, press)
    else if (event.keyCode === 229 && !this.#composing) this.#afterCommit(press)
  }

  beforeInput(event: InputWish): void {
    if (this.#composing && event.inputType === 'insertCompositionText') this.#composed = event.data ?? ''
    if (event.inputType === 'insertText' && this.#comesLate(event.data)) event.preventDefault()
    if (event.inputType !== 'insertLineBreak' && event.inputType !== 'insertParagraph') return
    const press = (this.#press ??= newPress())
    press.asked = true
    if (press.line || !(this.#field.enterSends() || press.always)) return
    event.preventDefault()
    if (press.used) return
    if (this.#composing) this.#wait(press)
    else this.#use(press)
  }

  compositionStart(): void {
    this.#composing = true
    this.#composed = ''
    this.#gone = undefined
  }

  /**
   * The field has been given another text. In the middle of a composition the browser then forgets that without a
   * word, and a slow input method still commits what it held, which went with the text before.
   */
  assigned(): void {
    if (!this.#composing) return
    this.#composing = false
    this.#gone = this.#composed
  }

  compositionEnd(text: string): void {
    this.#composing = false
    this.#commit = { text, at: this.#now() }
    const press = this.#press
    if (this.#waitForEnd !== undefined && press) {
      clearTimeout(this.#waitForEnd)
      // The next task: the field gets its last syllable after this event in some engines.
      this.#waitForEnd = setTimeout(() => this.#endWait(press), 0)
    } else if (press?.inComposition) this.#swallowed(press, text)
  }

  /** Ends every waiting state: whoever leaves the field has not asked to send. */
  blur(): void {
    clearTimeout(this.#waitForEnd)
    clearTimeout(this.#waitSwallowed)
    this.#waitForEnd = undefined
    this.#waitSwallowed = undefined
    this.#press = undefined
    this.#commit = undefined
    this.#composing = false
    this.#gone = undefined
  }

  /** A 229 and a 13 are one press until one of them has sent. */
  #samePress(): Press {
    if (!this.#press || this.#press.used) this.#press = newPress()
    return this.#press
  }

  /** Whether `text` is the first that comes into the field after a composition with it has gone. */
  #comesLate(text: string | null | undefined): boolean {
    const gone = this.#gone
    this.#gone = undefined
    return gone !== undefined && gone !== '' && text === gone
  }

  #sendAlways(event: KeyPress, press: Press): void {
    event.preventDefault()
    if (this.#composing) this.#wait(press)
    else this.#use(press)
  }

  #wait(press: Press): void {
    if (this.#waitForEnd !== undefined) return
    this.#waitForEnd = setTimeout(() => this.#endWait(press), WAIT_MS)
  }

  #endWait(press: Press): void {
    this.#waitForEnd = undefined
    this.#use(press)
  }

  #afterCommit(press: Press): void {
    if (!this.#commit || this.#now() - this.#commit.at > AFTER_COMMIT_MS) return
    this.#swallowed(press, this.#commit.text)
  }

  /** A Hangul syllable has no candidates: an Enter that only ended it meant "send". Kana, Han and Latin never match. */
  #swallowed(press: Press, committed: string): void {
    if (press.used || press.asked || press.line || !this.#field.enterSends() || !HANGUL.test(committed)) return
    clearTimeout(this.#waitSwallowed)
    this.#waitSwallowed = setTimeout(() => {
      this.#waitSwallowed = undefined
      if (!press.used && !press.asked && !press.line && !this.#composing) this.#use(press)
    }, WAIT_MS)
  }

  #use(press: Press): void {
    if (press.used) return
    press.used = true
    if (!this.#field.accept()) this.#field.send()
  }
}

function newPress(): Press {
  return { line: false, always: false, inComposition: false, used: false, asked: false }
}
