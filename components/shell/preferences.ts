export const preferenceSeconds = 365 * 24 * 60 * 60

export const themeCookie = 'ecs-theme'
export const regionCookie = 'ecs-region'
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The theme in a cookie; any other value follows the system. */
export function readTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'system'
}

/** Remembers a preference of this browser: language, theme, last used region. Nothing secret, so scripts may write it. */
export function rememberPreference(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: some supported browsers lack the Cookie Store API.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${preferenceSeconds}; samesite=lax`
}

const themeListeners = new Set<() => void>()

/** Sets the theme now and for later visits. Used by the top bar's menu and by the palette. */
export function chooseTheme(theme: Theme): void {
  rememberPreference(themeCookie, theme)
  document.documentElement.dataset.theme = theme
  for (const listener of themeListeners) listener()
}

export function subscribeTheme(listener: () => void): () => void {
  themeListeners.add(listener)
  return () => themeListeners.delete(listener)
}
