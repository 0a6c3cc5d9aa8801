import type { DeskIconName } from './DeskIcon.vue'

/** A page of the desk in its menu; `name` is the route's, the words are `desk.menu.<word>`. */
export interface MenuItem {
  name: string
  word: string
  icon: DeskIconName
}

/** What leaders look at. */
export const LEADER_MENU: MenuItem[] = [{ name: 'desk-board', word: 'board', icon: 'board' }]

/** What admins look after. */
export const ADMIN_MENU: MenuItem[] = []
