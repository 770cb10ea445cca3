import {
  Bell,
  Camera,
  Disc3,
  type IconNode,
  IdCard,
  Languages,
  LogOut,
  Menu,
  Monitor,
  Moon,
  ReceiptText,
  ScrollText,
  Server,
  Share2,
  Sun,
} from 'lucide'
import { Icon } from '@/components/ui/icon'

// The icons of the frame, rendered by the server: as scripts they would add a kilobyte to each page.

const draw = (of: IconNode, className = 'size-4') => <Icon of={of} className={className} />
const ofMenu = (of: IconNode) => draw(of, 'size-4 shrink-0')

/** Icons by menu entry. */
export const menuIcons = {
  instances: ofMenu(Server),
  images: ofMenu(Disc3),
  snapshots: ofMenu(Camera),
  sharing: ofMenu(Share2),
  billing: ofMenu(ReceiptText),
  audit: ofMenu(ScrollText),
}
export type MenuIcons = typeof menuIcons

export const bellIcon = draw(Bell)
export const drawerIcon = draw(Menu, 'size-5')
export const languageIcon = draw(Languages)
export const themeIcons = { system: draw(Monitor), light: draw(Sun), dark: draw(Moon) }
export type ThemeIcons = typeof themeIcons
export const accountIcons = {
  info: draw(IdCard, 'size-4 text-ink-muted'),
  signOut: draw(LogOut, 'size-4 text-ink-muted'),
}
export type AccountIcons = typeof accountIcons
