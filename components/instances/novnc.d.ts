// noVNC comes without types. What is used of it, by its own docs/API.md.
declare module '@novnc/novnc' {
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it.
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: WebSocket, options?: { shared?: boolean })
    scaleViewport: boolean
    showDotCursor: boolean
    background: string
    readonly capabilities: { power: boolean }
    disconnect(): void
    sendCtrlAltDel(): void
    sendKey(keysym: number, code: string, down?: boolean): void
    focus(options?: FocusOptions): void
    blur(): void
  }
}
