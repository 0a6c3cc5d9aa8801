import { api, get } from './client'
import type { PracticeQuestion, Progress } from './types'

/** Where questions to practise come from. */
export const SOURCES = ['sequence', 'unseen', 'wrong', 'favourites'] as const
export type Source = (typeof SOURCES)[number]

/** Questions of one round. */
const ROUND = 10

/** How far the member is through a bank: the first one with questions when none is named. */
export function getProgress(bank?: string): Promise<Progress> {
  return get(api.GET('/api/v1/me/progress', bank === undefined ? {} : { params: { query: { bank } } }))
}

export interface Round {
  items: PracticeQuestion[]
  next_cursor: string | null
}

export function drawRound(bank: string, from: Source, chapter: string | null, cursor: string | null): Promise<Round> {
  const query = { bank, from, limit: ROUND, ...(chapter ? { chapter } : {}), ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/practice/questions', { params: { query } })) as Promise<Round>
}

export function answerPractice(bank: string, code: string, answer: string[]) {
  return get(api.POST('/api/v1/practice/answers', { body: { bank, code, answer } }))
}

/** Puts a question among the favourites, or takes it out. */
export async function setFavourite(bank: string, code: string, favourite: boolean): Promise<void> {
  const path = { params: { path: { bank, code } } }
  await get(favourite ? api.PUT('/api/v1/me/favourites/{bank}/{code}', path) : api.DELETE('/api/v1/me/favourites/{bank}/{code}', path))
}
