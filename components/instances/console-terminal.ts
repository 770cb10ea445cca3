import type { FitAddon } from '@xterm/addon-fit'
import type { Terminal } from '@xterm/xterm'
import type { ViewHello } from '@/lib/viewers/ends'
import { isLeaving } from '@/lib/viewers/keys'

// The size that programs on a serial port assume until they are told one.
const columns = 80
const rows = 24

type Options = {
  label: string
  /** Typed input, and the terminal's own answers to programs. */
  onTyped: (bytes: Uint8Array<ArrayBuffer>) => void
  onPasted: (text: string) => void
  /** A key that is sent to the machine was pressed. */
  onKey: () => void
}

/** Loads xterm.js and opens a terminal in an element. */
export async function openTerminal(host: HTMLElement, options: Options): Promise<ConsoleTerminal> {
  const [{ Terminal }, { FitAddon }] = await Promise.all([import('@xterm/xterm'), import('@xterm/addon-fit')])
  const { backgroundColor, color, fontFamily } = getComputedStyle(host)
  const terminal = new Terminal({
    cols: columns,
    rows,
    screenReaderMode: true,
    disableStdin: true,
    fontFamily,
    fontSize: 13,
    scrollback: 5_000,
    theme: { background: backgroundColor, foreground: color, cursor: color },
  })
  Terminal.strings.promptLabel = options.label
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  // Ignore OSC 52 and 8: a guest must not write to the viewer's clipboard or make links of its output.
  for (const command of [52, 8]) terminal.parser.registerOscHandler(command, () => true)
  terminal.open(host)
  return new ConsoleTerminal(terminal, fit, host, options)
}

/** A terminal that shows the serial port of a machine. */
export class ConsoleTerminal {
  /** The offset of the next byte of the serial log; undefined before the first connection. */
  next: number | undefined
  private readonly encoder = new TextEncoder()
  private readonly listening = new AbortController()
  private socket: WebSocket | undefined
  private isFitted = false

  constructor(
    private readonly terminal: Terminal,
    private readonly fitAddon: FitAddon,
    host: HTMLElement,
    { onTyped, onPasted, onKey }: Options,
  ) {
    terminal.onData((text) => onTyped(this.encoder.encode(text)))
    terminal.onBinary((text) => onTyped(Uint8Array.from(text, (letter) => letter.charCodeAt(0))))
    terminal.onKey(onKey)
    terminal.attachCustomKeyEventHandler((event) => !isLeaving(event) && !isCopying(event, terminal))
    const { signal } = this.listening
    const paste = (event: ClipboardEvent) => {
      event.preventDefault()
      event.stopPropagation()
      onPasted(event.clipboardData?.getData('text/plain') ?? '')
    }
    host.addEventListener('paste', paste, { capture: true, signal })
    // Never wider than the page: on a phone long lines wrap, until Fit tells the machine the real width.
    const watch = new ResizeObserver(() => this.narrow())
    watch.observe(host)
    signal.addEventListener('abort', () => watch.disconnect())
  }

  /** Shows the output of a socket. While it shows replayed output, input is off, so that old queries are not answered again. */
  attach(socket: WebSocket, { offset, replayed }: ViewHello): void {
    this.socket = socket
    if (this.next !== undefined && this.next !== offset) this.terminal.reset()
    this.next = offset
    let old = replayed
    if (old === 0) this.terminal.options.disableStdin = false
    socket.addEventListener('message', ({ data }) => {
      if (!(data instanceof ArrayBuffer) || socket !== this.socket) return
      const bytes = new Uint8Array(data)
      this.next = (this.next ?? 0) + bytes.length
      const ofOld = Math.min(old, bytes.length)
      old -= ofOld
      const isThrough = ofOld > 0 && old === 0
      if (ofOld > 0) this.terminal.write(bytes.subarray(0, ofOld), () => isThrough && this.hear(socket))
      if (ofOld < bytes.length) this.terminal.write(bytes.subarray(ofOld))
    })
    socket.addEventListener('close', () => {
      if (socket === this.socket) this.terminal.options.disableStdin = true
    })
  }

  /** Shows the log of a machine that is off, unless the terminal already has output. */
  show(log: Uint8Array): void {
    if (this.next === undefined) this.terminal.write(log)
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes)
  }

  /** Whether the program in the machine has enabled bracketed paste. */
  get isPasteMarked(): boolean {
    return this.terminal.modes.bracketedPasteMode
  }

  /** Resizes the terminal to its element and returns the new size. */
  fit(): { rows: number; columns: number } {
    this.isFitted = true
    this.fitAddon.fit()
    return { rows: this.terminal.rows, columns: this.terminal.cols }
  }

  focus(): void {
    this.terminal.focus()
  }

  dispose(): void {
    this.listening.abort()
    this.terminal.dispose()
  }

  private narrow(): void {
    const room = this.fitAddon.proposeDimensions()?.cols
    const wanted = this.isFitted ? this.terminal.cols : columns
    if (room && room !== this.terminal.cols) this.terminal.resize(Math.min(wanted, room), this.terminal.rows)
  }

  private hear(socket: WebSocket): void {
    if (socket.readyState === WebSocket.OPEN) this.terminal.options.disableStdin = false
  }
}

function isCopying({ code, ctrlKey, shiftKey, metaKey }: KeyboardEvent, terminal: Terminal): boolean {
  return code === 'KeyC' && ((ctrlKey && shiftKey) || metaKey) && terminal.hasSelection()
}
