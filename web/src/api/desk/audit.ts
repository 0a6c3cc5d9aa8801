import { api, get } from '@/api/client'
import { query } from './files'
import type { AuditEntry, Page } from './types'
import type { paths } from '@/api/schema'

const ROWS = 50

/** Which records are meant; what is empty does not matter. Dates are local days, both included. */
export interface AuditFilter {
  q: string
  action: string
  subject: string
  /** The id of the member who did it. */
  actor: string
  /** The id of the unit that it concerns, with all below it. */
  unit: string
  from: string
  until: string
}

export function listAudit(filter: AuditFilter, cursor: string | null): Promise<Page<AuditEntry>> {
  return get(api.GET('/api/v1/audit', { params: { query: { limit: ROWS, ...given(filter), ...(cursor ? { cursor } : {}) } } }))
}

/** Where the same records are as a file. */
export function auditFile(filter: AuditFilter, format: 'xlsx' | 'csv'): string {
  return `/api/v1/audit/export${query({ ...filter, format })}`
}

type Query = NonNullable<paths['/api/v1/audit']['get']['parameters']['query']>

/** The words come from the page's address: the server says which of them it does not know. */
function given(filter: AuditFilter): Pick<Query, keyof AuditFilter> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
}
