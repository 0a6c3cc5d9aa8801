import { api, get } from './client'
import type { MemberRow, Period, UnitRow } from './types'

/** A ranking: of a quiz, or of a period. */
export type Board = { quiz: number } | { period: Period }

const ROWS = 50
/** Most that the server gives at once. */
const MOST = 200

export interface MemberBoard {
  as_of: string
  items: MemberRow[]
  me?: MemberRow | null
  next_cursor: string | null
}

export interface UnitBoard {
  as_of: string
  items: UnitRow[]
  next_cursor: string | null
}

export function rankMembers(board: Board, unit: number, limit = ROWS, cursor?: string): Promise<MemberBoard> {
  const query = { ...board, unit, limit, ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/leaderboards/members', { params: { query } }))
}

export function rankBranches(board: Board, limit = ROWS, cursor?: string): Promise<UnitBoard> {
  const query = { ...board, kind: 'branch' as const, limit, ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/leaderboards/units', { params: { query } }))
}

/** My rank in my branch; null without a result that counts. */
export async function myRank(board: Board, unit: number): Promise<MemberRow | null> {
  return (await rankMembers(board, unit, 1)).me ?? null
}

/** The row of a branch, wherever in the ranking it stands. */
export async function findBranch(board: Board, unit: number): Promise<UnitRow | null> {
  let cursor: string | undefined
  do {
    const page = await rankBranches(board, MOST, cursor)
    const found = page.items.find((row) => row.unit.id === unit)
    if (found) return found
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  return null
}
