import { listMembers, resetPasswords } from '@/api/desk/members'
import type { Handout, RosterReport } from '@/api/desk/types'

/** What somebody is handed to log in for the first time. */
export interface Slip {
  name: string
  login: string
  password: string
  unit: string
}

/** How many get new passwords in one call: each costs the server a slow hash, and the answer must not take longer than it is waited for. */
const RESETS_AT_ONCE = 20
/** Most pages of members that are read to tell the units of new ones. */
const MOST_PAGES = 100

/** Gives members new initial passwords; `told` has those of each call as soon as it is answered, so that none is lost. @throws Failure */
export async function resetAll(ids: number[], told: (slips: Slip[]) => void): Promise<void> {
  for (let from = 0; from < ids.length; from += RESETS_AT_ONCE) told((await resetPasswords(ids.slice(from, from + RESETS_AT_ONCE))).map(slipOf))
}

const slipOf = ({ name, login, initial_password, unit }: Handout): Slip => ({ name, login, password: initial_password, unit: unit.name })

/** The slips of a roster; the units are looked up, because the report has none. */
export async function slipsOf(report: RosterReport, unitName: (id: number) => string): Promise<Slip[]> {
  const units = new Map<string, string>()
  const wanted = new Set(report.initial_passwords.map(({ login }) => login))
  try {
    let cursor: string | null = null
    for (let page = 0; page < MOST_PAGES && units.size < wanted.size; page += 1) {
      const rows = await listMembers(null, '', cursor, 200)
      for (const { login, unit_id } of rows.items) if (wanted.has(login)) units.set(login, unitName(unit_id))
      cursor = rows.next_cursor ?? null
      if (cursor === null) break
    }
  } catch {
    // A slip without its unit still lets somebody in.
  }
  return report.initial_passwords.map(({ name, login, password }) => ({ name, login, password, unit: units.get(login) ?? '' }))
}
