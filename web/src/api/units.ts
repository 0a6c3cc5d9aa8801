import { api, get } from './client'
import type { Unit } from './types'

/** Most that the server gives at once. */
const MOST = 200

/** Every unit, ancestors before their descendants. */
export async function listUnits(): Promise<Unit[]> {
  const units: Unit[] = []
  let cursor: string | undefined
  do {
    const page = await get(api.GET('/api/v1/units', { params: { query: { limit: MOST, ...(cursor ? { cursor } : {}) } } }))
    units.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  return units
}
