// Paced typing of text. A serial port without flow control loses bytes that arrive faster than they are read, so text is sent in
// small pieces, with a longer pause after each line.

/** The size of the smallest buffer of a serial port. */
const pieceBytes = 16
const pieceMs = 8
const lineMs = 60

/** Whether a text needs a confirmation: several lines may be several commands. */
export function isManyLines(text: string): boolean {
  return text.trim().includes('\n')
}

export function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

export function asTyped(text: string): string {
  return text.replace(/\r\n|\n/g, '\r')
}

/** The bytes of a text in pieces, never splitting a character, each with the time to wait after it. */
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
