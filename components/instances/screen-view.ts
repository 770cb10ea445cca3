import type RFB from '@novnc/novnc'
import { isLeaving, type Key, keysOf, shift } from '@/lib/viewers/keys'

/** The pause between keys: a busy guest loses keys that come faster than it reads its keyboard. */
const keyMs = 30

/** Loads noVNC and opens a machine's screen in an element. */
export async function openScreen(host: HTMLElement, label: string): Promise<ScreenView> {
  const { default: Client } = await import('@novnc/novnc')
  return new ScreenView(Client, host, label)
}

/** The picture, keyboard and mouse of a machine. */
export class ScreenView {
  private client: RFB | undefined
  private readonly listening = new AbortController()

  constructor(
    private readonly Client: typeof RFB,
    private readonly host: HTMLElement,
    private readonly label: string,
  ) {
    // noVNC takes every key, so Shift-Tab is kept for leaving by keyboard. The menu of keys can send it to the machine.
    const leave = (event: KeyboardEvent) => {
      if (!isLeaving(event)) return
      event.stopImmediatePropagation()
      this.client?.sendKey(shift.keysym, shift.code, false)
    }
    host.addEventListener('keydown', leave, { capture: true, signal: this.listening.signal })
  }

  attach(socket: WebSocket): void {
    this.client?.disconnect()
    const client = new this.Client(this.host, socket, { shared: true })
    client.scaleViewport = true
    client.showDotCursor = true
    client.background = 'transparent'
    this.client = client
    const canvas = this.host.querySelector('canvas')
    canvas?.setAttribute('tabindex', '0')
    canvas?.setAttribute('role', 'application')
    canvas?.setAttribute('aria-label', this.label)
  }

  sendCtrlAltDel(): void {
    this.client?.sendCtrlAltDel()
  }

  /** Presses keys in order and releases them in reverse order. */
  press(keys: Key[]): void {
    for (const { keysym, code } of keys) this.client?.sendKey(keysym, code, true)
    for (const { keysym, code } of keys.toReversed()) this.client?.sendKey(keysym, code, false)
  }

  /** Types a text key by key. Every character must have keys. */
  async type(text: string, told: { signal: AbortSignal; onDone: (share: number) => void }): Promise<void> {
    const characters = [...text.replace(/\r\n/g, '\n')]
    for (const [index, character] of characters.entries()) {
      if (told.signal.aborted) return
      this.press(keysOf(character) ?? [])
      told.onDone((index + 1) / characters.length)
      await new Promise((resolve) => setTimeout(resolve, keyMs))
    }
  }

  focus(): void {
    this.client?.focus({ preventScroll: true })
  }

  dispose(): void {
    this.listening.abort()
    this.client?.disconnect()
  }
}
