import { computed } from 'vue'
import { session } from './session'

/** Whether the member leads a unit; an admin of a unit leads it too. */
export const isLeader = computed(() => session.member?.roles.some(({ role }) => role === 'leader' || role === 'admin') ?? false)

/** Whether the member administers a unit. */
export const isAdmin = computed(() => session.member?.roles.some(({ role }) => role === 'admin') ?? false)

/** Where somebody begins who has asked for nothing else: an admin at a desk among what they look after. */
export function home(): string {
  return isAdmin.value && matchMedia('(min-width: 64rem)').matches ? '/desk' : '/'
}

/** The units that the member leads, as they were granted. */
export const ledUnits = computed(() => [
  ...new Set((session.member?.roles ?? []).filter(({ role }) => role !== 'member').map(({ unit_id }) => unit_id)),
])
