import { api, get } from './client'
import type { AttemptSummary, Favourite, Session, WrongAnswer } from './types'

/** Rows of a page. */
const ROWS = 20

interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

const paged = (cursor: string | null) => ({ limit: ROWS, ...(cursor ? { cursor } : {}) })

export function listAttempts(cursor: string | null): Promise<Page<AttemptSummary>> {
  return get(api.GET('/api/v1/me/attempts', { params: { query: paged(cursor) } }))
}

export function listWrongAnswers(bank: string, chapter: string | null, cursor: string | null): Promise<Page<WrongAnswer>> {
  const query = { ...paged(cursor), bank, ...(chapter ? { chapter } : {}) }
  return get(api.GET('/api/v1/me/wrong-answers', { params: { query } }))
}

export function listFavourites(bank: string, cursor: string | null): Promise<Page<Favourite>> {
  return get(api.GET('/api/v1/me/favourites', { params: { query: { ...paged(cursor), bank } } }))
}

export async function listSessions(): Promise<Session[]> {
  return (await get(api.GET('/api/v1/me/sessions', {}))).items
}

export async function endSession(id: number): Promise<void> {
  await get(api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } }))
}

export async function endOtherSessions(): Promise<void> {
  await get(api.DELETE('/api/v1/me/sessions', {}))
}
