/** The location of an image's stored disk, and its expected content. Size in bytes. */
export type StoredContent = { region: string; key: string; sha256: string; size: number; fileName: string }
