export type StoredContent = { region: string; key: string; sha256: string; size: number; fileName: string }
