import { computed } from 'vue'
import { session } from '@/session/session'
import { type Node, useUnits } from './useUnits'

/** What the member administers, as far as it decides what a page offers; the server decides again. */
export function useScope() {
  const { tree, byId, root, reload } = useUnits()
  const own = computed(() => new Set((session.member?.roles ?? []).filter(({ role }) => role === 'admin').map(({ unit_id }) => unit_id)))

  function administers(unit: number): boolean {
    for (let at = byId.value.get(unit); at; at = at.parent_id == null ? undefined : byId.value.get(at.parent_id)) if (own.value.has(at.id)) return true
    return false
  }
  /** The units that the member administers, each below the one it belongs to. */
  const nodes = computed((): Node[] => tree.value.filter(({ unit }) => administers(unit.id)))
  return {
    nodes,
    byId,
    root,
    reload,
    administers,
    /** Whether somebody else's account may be managed: all of it lies within the scope. */
    manages: (unit: number, roles: { role: string; unit_id: number }[]) => administers(unit) && roles.every(({ role, unit_id }) => role === 'member' || administers(unit_id)),
    /** Whether the whole organisation is administered, question banks included. */
    isRootAdmin: computed(() => root.value !== null && own.value.has(root.value.id)),
  }
}
