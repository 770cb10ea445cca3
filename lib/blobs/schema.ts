/** Where the stored disk of an image is, and what it must be. The size in bytes. */
export type StoredContent = { region: string; key: string; sha256: string; size: number; fileName: string }
