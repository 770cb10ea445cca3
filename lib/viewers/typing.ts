// Text that is typed for somebody. A serial port without flow control loses what comes faster than its reader takes it, so
// text goes in small pieces, and waits longer after each line.

/** So much at once is taken by the smallest buffer of a serial port. */
const pieceBytes = 16
const pieceMs = 8
const lineMs = 60

/** What is asked about before it is typed: more than one line may be more than one command. */
export function isManyLines(text: string): boolean {
  return text.trim().includes('\n')
}

export function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

export function asTyped(text: string): string {
  return text.replace(/\r\n|\n/g, '\r')
}

/** The bytes of a text in pieces, never a character in two, each with the time to wait after it. */
export function piecesOf(text: string): { bytes: Uint8Array<ArrayBuffer>; waitMs: number }[] {
  const encoder = new TextEncoder()
  const pieces: { bytes: Uint8Array<ArrayBuffer>; waitMs: number }[] = []
  let piece = ''
  const end = (waitMs: number) => {
    if (piece) pieces.push({ bytes: encoder.encode(piece), waitMs })
    piece = ''
  }
  for (const letter of text) {
    if (encoder.encode(piece + letter).length > pieceBytes) end(pieceMs)
    piece += letter
    if (letter === '\r') end(lineMs)
  }
  end(pieceMs)
  return pieces
}

export async function sendPaced(
  text: string,
  send: (bytes: Uint8Array<ArrayBuffer>) => void,
  { signal, onDone }: { signal: AbortSignal; onDone: (share: number) => void },
): Promise<boolean> {
  const pieces = piecesOf(text)
  for (const [index, { bytes, waitMs }] of pieces.entries()) {
    if (signal.aborted) return false
    send(bytes)
    onDone((index + 1) / pieces.length)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
  return true
}
