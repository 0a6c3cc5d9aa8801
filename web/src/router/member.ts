import type { RouteRecordRaw } from 'vue-router'

/** The screens of a member; each is its own chunk. */
export const memberRoutes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: () => import('@/pages/HomePage.vue'), meta: { tab: 'home' } },
  { path: '/practice', name: 'practice', component: () => import('@/pages/PracticePage.vue'), meta: { tab: 'practice' } },
  { path: '/ranks', name: 'ranks', component: () => import('@/pages/RanksPage.vue'), meta: { tab: 'ranks' } },
  { path: '/me', name: 'me', component: () => import('@/pages/MyPage.vue'), meta: { tab: 'me' } },
  { path: '/attempt/:id', name: 'attempt', component: () => import('@/pages/AttemptPage.vue'), props: true, meta: { offline: true } },
  { path: '/attempt/:id/result', name: 'result', component: () => import('@/pages/ResultPage.vue'), props: true },
  { path: '/practice/run', name: 'practise', component: () => import('@/pages/PractisePage.vue') },
  { path: '/me/wrong', name: 'wrong', component: () => import('@/pages/WrongPage.vue') },
  { path: '/me/favourites', name: 'favourites', component: () => import('@/pages/FavouritesPage.vue') },
  { path: '/me/history', name: 'history', component: () => import('@/pages/HistoryPage.vue') },
  { path: '/me/devices', name: 'devices', component: () => import('@/pages/DevicesPage.vue') },
  { path: '/me/settings', name: 'settings', component: () => import('@/pages/SettingsPage.vue'), meta: { offline: true } },
]
