import type { RouteLocationNormalized, RouteRecordRaw, Router } from 'vue-router'
import { loadDeskWords } from '@/i18n/desk'
import { isAdmin, isLeader } from '@/session/rights'
import { adminPages, beginsHere } from './admin'

declare module 'vue-router' {
  interface RouteMeta {
    /** Only for who administers something; without it for leaders too. */
    admin?: boolean
  }
}

/** The pages of leaders and admins; each is its own chunk. */
const pages: RouteRecordRaw[] = [
  { path: '', name: 'desk-board', component: () => import('@/pages/desk/BoardPage.vue') },
  { path: 'members', name: 'desk-members', component: () => import('@/pages/desk/MembersPage.vue') },
  { path: 'monthly', name: 'desk-monthly', component: () => import('@/pages/desk/MonthlyPage.vue') },
  { path: 'items', name: 'desk-items', component: () => import('@/pages/desk/ItemsPage.vue') },
]

/** Lets in whom a page concerns, with its words. */
async function enter(to: RouteLocationNormalized) {
  if (!(to.meta.admin ? isAdmin.value : isLeader.value)) return { path: '/', replace: true }
  await loadDeskWords(to.meta.admin ? ['desk', 'admin'] : ['desk'])
  // Whoever has a new system before them is shown what to do first.
  if (to.name === 'desk-board' && (await beginsHere())) return { name: 'desk-setup', replace: true }
  return true
}

/** Puts the desk in the place of the route that fetched it. */
export function addDesk(router: Router): void {
  router.removeRoute('desk')
  router.addRoute({
    path: '/desk',
    component: () => import('@/pages/desk/DeskLayout.vue'),
    children: [...pages, ...adminPages].map((page) => ({ ...page, beforeEnter: enter }) as RouteRecordRaw),
  })
}
