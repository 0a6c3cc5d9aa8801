import { serverClock } from '@/offline/clock'
import { api, get } from './client'
import type { Attempt, Quiz } from './types'

/** Rows of a list that are asked for at once; a zone has no more quizzes at a time. */
const MANY = 100

/** The quizzes that the member can take now, and those that open later. */
export async function listQuizzes(): Promise<Quiz[]> {
  const [open, upcoming] = await Promise.all(
    (['open', 'upcoming'] as const).map((state) => get(api.GET('/api/v1/quizzes', { params: { query: { state, limit: MANY } } }))),
  )
  return [...(open?.items ?? []), ...(upcoming?.items ?? [])]
}

/** Quizzes of all times that have begun. */
export async function listQuizzesSeen(): Promise<Quiz[]> {
  const page = await get(api.GET('/api/v1/quizzes', { params: { query: { limit: MANY } } }))
  return page.items.filter(({ state }) => state !== 'upcoming')
}

/** Those of them that have a ranking of their own. */
export async function listContests(): Promise<Quiz[]> {
  return (await listQuizzesSeen()).filter(({ kind }) => kind === 'contest' || kind === 'exam')
}

/** One quiz. @throws Failure */
export function getQuiz(id: number): Promise<Quiz> {
  return get(api.GET('/api/v1/quizzes/{id}', { params: { path: { id } } }))
}

/** Begins an attempt, or goes on with the one that runs. */
export async function beginAttempt(quiz: number): Promise<Attempt> {
  return heard(await get(api.POST('/api/v1/quizzes/{id}/attempts', { params: { path: { id: quiz } } })))
}

export async function getAttempt(id: string): Promise<Attempt> {
  return heard(await get(api.GET('/api/v1/attempts/{id}', { params: { path: { id } } })))
}

/** Sets the clock by what the server says. */
function heard(attempt: Attempt): Attempt {
  serverClock.sync(Date.parse(attempt.now))
  return attempt
}
