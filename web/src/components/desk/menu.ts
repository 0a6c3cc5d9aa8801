import type { DeskIconName } from './DeskIcon.vue'

/** A page of the desk in its menu; `name` is the route's, the words are `desk.menu.<word>`. */
export interface MenuItem {
  name: string
  word: string
  icon: DeskIconName
  /** What of the address is taken along from another page that has it too. */
  keeps?: readonly string[]
  /** Only for admins of the whole organisation. */
  root?: boolean
}

const SEEN = ['unit', 'period', 'on', 'quiz'] as const

/** What leaders look at. */
export const LEADER_MENU: MenuItem[] = [
  { name: 'desk-board', word: 'board', icon: 'board', keeps: SEEN },
  { name: 'desk-members', word: 'absent', icon: 'absent', keeps: SEEN },
  { name: 'desk-monthly', word: 'monthly', icon: 'monthly', keeps: ['unit'] },
  { name: 'desk-items', word: 'items', icon: 'items' },
]

/** What admins look after. */
export const ADMIN_MENU: MenuItem[] = [
  { name: 'desk-setup', word: 'setup', icon: 'setup', root: true },
  { name: 'desk-people', word: 'people', icon: 'people' },
  { name: 'desk-banks', word: 'banks', icon: 'banks', root: true },
  { name: 'desk-quizzes', word: 'quizzes', icon: 'quizzes' },
  { name: 'desk-audit', word: 'audit', icon: 'audit' },
]
