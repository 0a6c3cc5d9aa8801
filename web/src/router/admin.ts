import type { RouteRecordRaw } from 'vue-router'
import { getSetup } from '@/api/desk/setup'
import { isAdmin } from '@/session/rights'

/** The pages of admins; each is its own chunk. */
export const adminPages: RouteRecordRaw[] = [
  { path: 'setup', name: 'desk-setup', component: () => import('@/pages/desk/SetupPage.vue') },
  { path: 'people', name: 'desk-people', component: () => import('@/pages/desk/PeoplePage.vue') },
  { path: 'people/import', name: 'desk-people-import', component: () => import('@/pages/desk/RosterImportPage.vue') },
  { path: 'banks', name: 'desk-banks', component: () => import('@/pages/desk/BanksPage.vue') },
  { path: 'banks/:code', name: 'desk-banks-one', component: () => import('@/pages/desk/BankPage.vue'), props: true },
  { path: 'banks/:code/questions/:question', name: 'desk-banks-question', component: () => import('@/pages/desk/QuestionPage.vue'), props: true },
  { path: 'quizzes', name: 'desk-quizzes', component: () => import('@/pages/desk/QuizzesPage.vue') },
  { path: 'quizzes/new', name: 'desk-quizzes-new', component: () => import('@/pages/desk/QuizFormPage.vue') },
  { path: 'quizzes/:id(\\d+)', name: 'desk-quizzes-one', component: () => import('@/pages/desk/QuizPage.vue'), props: true },
  { path: 'quizzes/:id(\\d+)/change', name: 'desk-quizzes-change', component: () => import('@/pages/desk/QuizFormPage.vue'), props: true },
  { path: 'audit', name: 'desk-audit', component: () => import('@/pages/desk/AuditPage.vue') },
].map((page) => ({ ...page, meta: { admin: true } }) as RouteRecordRaw)

let looked = false

/** Whether the desk opens with the first steps: once after the app was opened, while an admin of all has some of them left. */
export async function beginsHere(): Promise<boolean> {
  if (looked || !isAdmin.value) return false
  looked = true
  try {
    return (await getSetup()).some(({ done }) => !done)
  } catch {
    // Not an admin of all, or no network: the desk itself tells.
    return false
  }
}
