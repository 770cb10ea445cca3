// Patterns of ids, for schemas and for code that must not load zod.

export const imageIdPattern = /^img-[a-z0-9]{10}$/
export const instanceIdPattern = /^ins-[a-z0-9]{10}$/
export const snapshotIdPattern = /^snap-[a-z0-9]{10}$/
export const shareIdPattern = /^shr-[a-z0-9]{10}$/
export const accountIdPattern = /^acc-[a-z0-9]{10}$/
export const groupIdPattern = /^grp-[a-z0-9]{10}$/
export const regionIdPattern = /^[a-z]{2}-[a-z0-9-]{2,29}$/
