import { api, get } from '@/api/client'
import type { Handout, Member, MemberChange, NewMember, Page } from './types'

const ROWS = 50

export function listMembers(unit: number | null, text: string, cursor: string | null, limit = ROWS): Promise<Page<Member>> {
  const query = { limit, ...(unit === null ? {} : { unit }), ...(text ? { q: text } : {}), ...(cursor ? { cursor } : {}) }
  return get(api.GET('/api/v1/members', { params: { query } }))
}

export function createMember(member: NewMember): Promise<Member> {
  return get(api.POST('/api/v1/members', { body: member }))
}

export function updateMember(id: number, change: MemberChange): Promise<Member> {
  return get(api.PATCH('/api/v1/members/{id}', { params: { path: { id } }, body: change }))
}

/** Gives members new initial passwords, which are told this once. */
export async function resetPasswords(ids: number[]): Promise<Handout[]> {
  return (await get(api.POST('/api/v1/members/reset-passwords', { body: { member_ids: ids } }))).items
}

/** Takes away for good who a member was who has left. */
export function anonymiseMember(id: number): Promise<Member> {
  return get(api.POST('/api/v1/members/{id}/anonymise', { params: { path: { id } } }))
}
