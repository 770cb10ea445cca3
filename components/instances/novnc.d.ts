// noVNC ships no types. Declares the part used here, following its docs/API.md.
declare module '@novnc/novnc' {
  // biome-ignore lint/style/noDefaultExport: the package has a default export.
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
