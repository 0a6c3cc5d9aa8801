import { api, get } from '@/api/client'
import { Failure, failureOf } from '@/api/failure'
import type { NewUnit, RosterReport, Unit, UnitChange } from './types'
import { type Sent, query, upload } from './files'

export function createUnit(unit: NewUnit): Promise<Unit> {
  return get(api.POST('/api/v1/units', { body: unit }))
}

export function updateUnit(id: number, change: UnitChange): Promise<Unit> {
  return get(api.PATCH('/api/v1/units/{id}', { params: { path: { id } }, body: change }))
}

export async function deleteUnit(id: number): Promise<void> {
  await get(api.DELETE('/api/v1/units/{id}', { params: { path: { id } } }))
}

/** Puts a file of units or members in, or with `dryRun` only looks at it. A file with faults changes nothing. @throws Failure */
export async function importRoster(kind: 'units' | 'members', file: File, dryRun: boolean, sent: Sent): Promise<RosterReport> {
  const { response, body } = await upload(`/api/v1/${kind}/import${query({ dry_run: dryRun })}`, file, sent)
  const report = response.status === 422 ? (body as { report?: RosterReport | null } | null)?.report : null
  if (report) return report
  if (!response.ok) throw failureOf(response, body)
  if (!body) throw new Failure(response.status)
  return body as RosterReport
}
