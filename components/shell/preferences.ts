export const preferenceSeconds = 365 * 24 * 60 * 60

export const themeCookie = 'ecs-theme'
export const regionCookie = 'ecs-region'
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The theme that a cookie asks for; anything else follows the system. */
export function readTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'system'
}

/** Remembers a preference of this browser: language, theme, last used region. Nothing secret, so scripts may write it. */
export function rememberPreference(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that we serve.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${preferenceSeconds}; samesite=lax`
}
