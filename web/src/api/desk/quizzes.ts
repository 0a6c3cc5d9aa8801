import { api, get } from '@/api/client'
import type { AttemptEvents, NewQuiz, Page, PreviewPaper, Quiz, QuizAttempt, QuizChange, QuizCheck, QuizProgress, QuizState } from './types'

const ROWS = 50
const path = (id: number) => ({ params: { path: { id } } })
/** The client takes the pair of difficulties for a list. */
const one = (call: Parameters<typeof get>[0]) => get(call) as Promise<Quiz>

export function listQuizzes(state: QuizState | '', cursor: string | null): Promise<Page<Quiz>> {
  const query = { limit: ROWS, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/quizzes', { params: { query } })) as unknown as Promise<Page<Quiz>>
}

export function getQuiz(id: number): Promise<Quiz> {
  return one(api.GET('/api/v1/quizzes/{id}', path(id)))
}

export function createQuiz(quiz: NewQuiz): Promise<Quiz> {
  return one(api.POST('/api/v1/quizzes', { body: quiz }))
}

export function updateQuiz(id: number, change: QuizChange): Promise<Quiz> {
  return one(api.PATCH('/api/v1/quizzes/{id}', { ...path(id), body: change }))
}

export async function deleteQuiz(id: number): Promise<void> {
  await get(api.DELETE('/api/v1/quizzes/{id}', path(id)))
}

/** Whether the bank can fill the paper; nothing is stored. */
export function checkQuiz(quiz: NewQuiz): Promise<QuizCheck> {
  return get(api.POST('/api/v1/quizzes/check', { body: quiz }))
}

/** A paper as a member would get it; nothing is stored. */
export function previewQuiz(quiz: NewQuiz): Promise<PreviewPaper> {
  return get(api.POST('/api/v1/quizzes/preview', { body: quiz })) as unknown as Promise<PreviewPaper>
}

export async function closeQuiz(id: number, reason: string): Promise<void> {
  await get(api.POST('/api/v1/quizzes/{id}/close', { ...path(id), body: reason ? { reason } : {} }))
}

export async function extendQuiz(id: number, closesAt: string): Promise<void> {
  await get(api.POST('/api/v1/quizzes/{id}/extend', { ...path(id), body: { closes_at: closesAt } }))
}

export function getQuizProgress(id: number): Promise<QuizProgress> {
  return get(api.GET('/api/v1/quizzes/{id}/progress', path(id)))
}

export type AttemptFilter = { status: '' | 'running' | 'graded' | 'voided'; q: string; unit: number | null }

export function listQuizAttempts(id: number, filter: AttemptFilter, cursor: string | null): Promise<Page<QuizAttempt>> {
  const { status, q, unit } = filter
  const wanted = { ...(status ? { status } : {}), ...(q ? { q } : {}), ...(unit === null ? {} : { unit }) }
  const query = { limit: ROWS, ...wanted, ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/quizzes/{id}/attempts', { params: { path: { id }, query } }))
}

export async function voidAttempt(id: string, reason: string): Promise<void> {
  await get(api.POST('/api/v1/attempts/{id}/void', { params: { path: { id } }, body: { reason } }))
}

/** What happened around an attempt, for a person to judge. */
export function getAttemptEvents(id: string): Promise<AttemptEvents> {
  return get(api.GET('/api/v1/attempts/{id}/events', { params: { path: { id } } }))
}
