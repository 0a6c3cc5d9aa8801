import { computed, shallowRef } from 'vue'
import type { Unit } from '@/api/types'
import { listUnits } from '@/api/units'
import { ledUnits } from '@/session/rights'
import { session } from '@/session/session'

/** A unit in the tree of those that the member leads. */
export interface Node {
  unit: Unit
  /** 0 for a topmost one. */
  depth: number
  /** Names of the units above it within the tree, topmost first. */
  above: string[]
}

const loaded = shallowRef<{ member: number; units: Unit[] } | null>(null)
let loading: Promise<void> | null = null

/** Reads the units anew, such as after one was added. @throws Failure */
export function reloadUnits(): Promise<void> {
  const member = session.member?.id ?? 0
  loading ??= listUnits()
    .then((units) => {
      loaded.value = { member, units }
    })
    .finally(() => {
      loading = null
    })
  return loading
}

const units = computed(() => (loaded.value && loaded.value.member === session.member?.id ? loaded.value.units : []))
const byId = computed(() => new Map(units.value.map((unit) => [unit.id, unit])))

function childrenById(): Map<number | null, Unit[]> {
  const children = new Map<number | null, Unit[]>()
  for (const unit of units.value) {
    const siblings = children.get(unit.parent_id ?? null)
    if (siblings) siblings.push(unit)
    else children.set(unit.parent_id ?? null, [unit])
  }
  return children
}

/** Whether a unit is another one or below it. */
function isWithin(unit: number, top: number): boolean {
  for (let at = byId.value.get(unit); at; at = at.parent_id == null ? undefined : byId.value.get(at.parent_id)) if (at.id === top) return true
  return false
}

/** The units that the member leads, each below the one it belongs to. */
const tree = computed((): Node[] => {
  const children = childrenById()
  const nodes: Node[] = []
  const walk = (unit: Unit, depth: number, above: string[]) => {
    nodes.push({ unit, depth, above })
    for (const child of children.get(unit.id) ?? []) walk(child, depth + 1, [...above, unit.name])
  }
  const tops = ledUnits.value.filter((id) => byId.value.has(id) && !ledUnits.value.some((other) => other !== id && isWithin(id, other)))
  for (const top of tops) {
    const unit = byId.value.get(top)
    if (unit) walk(unit, 0, [])
  }
  return nodes
})

/** The units of the member's scope, read once for all pages of the desk. */
export function useUnits() {
  if (units.value.length === 0) void reloadUnits().catch(() => {})
  return {
    tree,
    /** Every unit by its id, also outside the scope. */
    byId,
    /** The topmost unit that the member leads; null until the units are there. */
    top: computed(() => tree.value[0]?.unit ?? null),
    /** The root of all units. */
    root: computed(() => units.value.find((unit) => unit.parent_id == null) ?? null),
    reload: reloadUnits,
  }
}
