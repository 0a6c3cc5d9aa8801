import type { Span } from '@/composables/desk/spans'
import { api, get } from './client'
import { type Download, fileOf } from './download'
import type { BoardReport, Chapters, ItemReport, MemberReport, MonthlyReport, Trend } from './types'

/** Rows of a page. */
const ROWS = 50
/** Most that the server gives at once. */
const MOST = 200

/** A list's page. */
interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

/** What a report looks at; without a unit the topmost one that the caller leads. */
export interface About {
  span: Span
  unit: number | null
}

const query = ({ span, unit }: About) => ({ ...span, ...(unit === null ? {} : { unit }) })

/** The key figures of a unit, and of those below it. @throws Failure */
export function getBoard(about: About): Promise<BoardReport> {
  return get(api.GET('/api/v1/reports/board', { params: { query: query(about) } }))
}

/** Each day of the span. @throws Failure */
export async function getTrend(about: About): Promise<Trend['days']> {
  return (await get(api.GET('/api/v1/reports/trend', { params: { query: query(about) } }))).days
}

/** How well each chapter is known in each unit. @throws Failure */
export function getChapters(about: About): Promise<Chapters> {
  return get(api.GET('/api/v1/reports/chapters', { params: { query: query(about) } }))
}

/** Whose names to list: those who have taken part or those who have not; with words that a name or login holds; of the unit itself only, if so wanted. */
export interface Who extends About {
  takenPart: boolean
  words: string
  direct?: boolean
}

const whoQuery = (who: Who) => ({ ...query(who), taken_part: who.takenPart, ...(who.words ? { q: who.words } : {}), ...(who.direct ? { direct: true } : {}) })

/** Members, a page at a time. @throws Failure */
export function listReported(who: Who, cursor: string | null, limit = ROWS): Promise<Page<MemberReport>> {
  return get(api.GET('/api/v1/reports/members', { params: { query: { ...whoQuery(who), limit, ...(cursor ? { cursor } : {}) } } }))
}

/** All of them, up to `most`; null when there are more. @throws Failure */
export async function listAllReported(who: Who, most: number): Promise<MemberReport[] | null> {
  const members: MemberReport[] = []
  let cursor: string | null = null
  do {
    const page: Page<MemberReport> = await listReported(who, cursor, MOST)
    members.push(...page.items)
    cursor = page.next_cursor ?? null
    if (members.length + (cursor ? 1 : 0) > most) return null
  } while (cursor)
  return members
}

/** The same as a table. @throws Failure */
export async function exportReported(who: Who): Promise<Download> {
  const call = await api.GET('/api/v1/reports/members/export', { params: { query: { ...whoQuery(who), format: 'xlsx' } }, parseAs: 'blob' })
  return fileOf(call.response, await get(Promise.resolve(call)), 'members.xlsx')
}

const monthQuery = (unit: number | null, month: string) => ({ month, ...(unit === null ? {} : { unit }) })

/** The report of a month, such as `2026-11`. @throws Failure */
export function getMonthly(unit: number | null, month: string): Promise<MonthlyReport> {
  return get(api.GET('/api/v1/reports/monthly', { params: { query: monthQuery(unit, month) } }))
}

/** The same as a table. @throws Failure */
export async function exportMonthly(unit: number | null, month: string): Promise<Download> {
  const call = await api.GET('/api/v1/reports/monthly/export', { params: { query: { ...monthQuery(unit, month), format: 'xlsx' } }, parseAs: 'blob' })
  return fileOf(call.response, await get(Promise.resolve(call)), `${month}.xlsx`)
}

/** Which items are analysed, and in which order. */
export interface WhichItems {
  bank: string
  quiz: number | null
  order: 'suspect' | 'code' | 'facility'
  chapter: string
  words: string
}

const itemQuery = ({ bank, quiz, order, chapter, words }: WhichItems) => ({
  bank, order, ...(quiz === null ? {} : { quiz }), ...(chapter ? { chapter } : {}), ...(words ? { q: words } : {}),
})

/** The items of a bank with how they were answered, a page at a time. @throws Failure */
export function listItems(which: WhichItems, cursor: string | null): Promise<Page<ItemReport>> {
  return get(api.GET('/api/v1/reports/items', { params: { query: { ...itemQuery(which), limit: ROWS, ...(cursor ? { cursor } : {}) } } }))
}

/** The same as a table. @throws Failure */
export async function exportItems(which: WhichItems): Promise<Download> {
  const call = await api.GET('/api/v1/reports/items/export', { params: { query: { ...itemQuery(which), format: 'xlsx' } }, parseAs: 'blob' })
  return fileOf(call.response, await get(Promise.resolve(call)), `${which.bank}.xlsx`)
}
