import { api, get } from '@/api/client'
import { failureOf } from '@/api/failure'
import { type Sent, query, upload } from './files'
import type { Bank, BankImport, Page, Question, QuestionDraft, QuestionVersion, Revision } from './types'

const ROWS = 30
/** How often it is asked how an import stands, in milliseconds. */
const ASK_MS = 400

/** The formats that a bank is read from and written to. */
export const FORMATS = ['xlsx', 'docx', 'csv', 'txt', 'json', 'gift', 'aiken', 'moodle-xml', 'qti'] as const
export type Format = (typeof FORMATS)[number]

export async function listBanks(): Promise<Bank[]> {
  return (await get(api.GET('/api/v1/banks', { params: { query: { limit: 200 } } }))).items
}

export function createBank(code: string, title: string): Promise<Bank> {
  return get(api.POST('/api/v1/banks', { body: { code, title } }))
}

/** Which questions of a bank are meant. */
export interface QuestionFilter {
  chapter: string
  kind: '' | Question['kind']
  q: string
  /** An earlier state of the bank; null is now. */
  revision: number | null
}

export function listQuestions(code: string, filter: QuestionFilter, cursor: string | null): Promise<Page<Question>> {
  const { chapter, kind, q, revision } = filter
  const wanted = { ...(chapter ? { chapter } : {}), ...(kind ? { kind } : {}), ...(q ? { q } : {}), ...(revision === null ? {} : { revision }) }
  return get(api.GET('/api/v1/banks/{code}/questions', {
    params: { path: { code }, query: { limit: ROWS, ...wanted, ...(cursor ? { cursor } : {}) } },
  }))
}

export function createQuestion(code: string, question: QuestionDraft): Promise<Question> {
  return get(api.POST('/api/v1/banks/{code}/questions', { params: { path: { code } }, body: question }))
}

const pathOf = (code: string, question_code: string) => ({ params: { path: { code, question_code } } })

export function updateQuestion(code: string, questionCode: string, question: QuestionDraft): Promise<Question> {
  return get(api.PUT('/api/v1/banks/{code}/questions/{question_code}', { ...pathOf(code, questionCode), body: question }))
}

export async function retireQuestion(code: string, questionCode: string): Promise<void> {
  await get(api.DELETE('/api/v1/banks/{code}/questions/{question_code}', pathOf(code, questionCode)))
}

/** A question in all its versions, the latest first. */
export async function listHistory(code: string, questionCode: string): Promise<QuestionVersion[]> {
  return (await get(api.GET('/api/v1/banks/{code}/questions/{question_code}/history', pathOf(code, questionCode)))).items
}

export function listRevisions(code: string, cursor: string | null): Promise<Page<Revision>> {
  const query = { limit: ROWS, ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/banks/{code}/revisions', { params: { path: { code }, query } }))
}

/** Puts the bank back to how it was before its current revision. */
export async function undoRevision(code: string, revision: number): Promise<void> {
  await get(api.POST('/api/v1/banks/{code}/undo', { params: { path: { code } }, body: { revision } }))
}

/** Puts a file into a bank, or with `dryRun` only looks at it, and tells how far that is until it is over. @throws Failure */
export async function importBank(
  code: string, file: File, options: { dryRun: boolean; acceptValid: boolean }, sent: Sent, told: (status: BankImport) => void,
): Promise<BankImport> {
  const params = query({ dry_run: options.dryRun, accept_valid: options.acceptValid })
  const { response, body } = await upload(`/api/v1/banks/${encodeURIComponent(code)}/imports${params}`, file, sent)
  if (!response.ok) throw failureOf(response, body)
  let status = body as BankImport
  while (status.state === 'running') {
    told(status)
    await new Promise((resolve) => setTimeout(resolve, ASK_MS))
    status = await get(api.GET('/api/v1/imports/{id}', { params: { path: { id: status.id } } }))
  }
  return status
}
