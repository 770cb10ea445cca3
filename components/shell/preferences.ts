export const preferenceSeconds = 365 * 24 * 60 * 60

export const themeCookie = 'ecs-theme'
export const regionCookie = 'ecs-region'
export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The theme of a cookie; other values follow the system. */
export function readTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'system'
}

/** Remembers a preference of this browser: language, theme, last used region. Nothing secret, so scripts may write it. */
export function rememberPreference(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that we serve.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${preferenceSeconds}; samesite=lax`
}

const themeListeners = new Set<() => void>()

/** Sets the theme at once and for later visits. It is chosen from the menu of the top bar and from the palette. */
export function chooseTheme(theme: Theme): void {
  rememberPreference(themeCookie, theme)
  document.documentElement.dataset.theme = theme
  for (const listener of themeListeners) listener()
}

export function subscribeTheme(listener: () => void): () => void {
  themeListeners.add(listener)
  return () => themeListeners.delete(listener)
}
