import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import LoginPage from '@/pages/LoginPage.vue'
import { home } from '@/session/rights'
import { session, start } from '@/session/session'
import { memberRoutes } from './member'

declare module 'vue-router' {
  interface RouteMeta {
    /** The item of the main menu that it belongs to. */
    tab?: 'home' | 'practice' | 'ranks' | 'me'
    /** For everybody, logged in or not. */
    open?: boolean
    /** Works with what is on the phone. */
    offline?: boolean
  }
}

const NotFoundPage = () => import('@/pages/NotFoundPage.vue')

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  // The login is there at once: on a bad network each further file is half a second. The screens of another role are another list beside this one.
  routes: [
    { path: '/login', name: 'login', component: LoginPage, meta: { open: true, offline: true } },
    { path: '/password', name: 'password', component: () => import('@/pages/PasswordPage.vue') },
    ...memberRoutes,
    // What leaders and admins use comes with its own routes, when it is first opened.
    { path: '/desk/:rest(.*)*', name: 'desk', component: NotFoundPage, beforeEnter: openDesk },
    { path: '/:rest(.*)*', name: 'not-found', component: NotFoundPage, meta: { open: true } },
  ],
})

async function openDesk(to: RouteLocationNormalized) {
  const { addDesk } = await import('./desk')
  addDesk(router)
  return { path: to.path, query: to.query, hash: to.hash, replace: true }
}

let started: Promise<void> | null = null

router.beforeEach(async (to) => {
  started ??= start()
  // Somebody new sees the login at once; it gives way if the phone turns out to be logged in.
  if (session.status === 'starting' && !session.member) {
    void started
    if (!to.meta.open) return { name: 'login', query: back(to.fullPath), replace: true }
    return true
  }
  await started
  if (session.status === 'out') return to.meta.open ? true : { name: 'login', query: back(to.fullPath), replace: true }
  if (session.member?.must_change_password && to.name !== 'password') return { name: 'password', replace: true }
  if (session.status === 'in' && to.name === 'login') return target(to.query.back)
  return true
})

// The session ends in the middle, or turns out to be there after all.
watch(
  () => [session.status, session.member?.must_change_password] as const,
  ([status, forced], [before]) => {
    const here = router.currentRoute.value
    if (status === 'out' && before !== 'starting' && !here.meta.open) {
      void router.replace({ name: 'login', query: { ...back(here.fullPath), again: '1' } })
    } else if (status === 'in' && forced && here.name !== 'password') {
      void router.replace({ name: 'password' })
    } else if (status === 'in' && here.name === 'login') {
      void router.replace(target(here.query.back))
    }
  },
)

function back(path: string): { back?: string } {
  return path === '/' ? {} : { back: path }
}

/** Where to go after the login: a screen of this app and nothing else. */
export function target(back: unknown): string {
  return typeof back === 'string' && /^\/(?![/\\])/.test(back) ? back : home()
}
