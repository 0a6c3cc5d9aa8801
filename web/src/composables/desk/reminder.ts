import type { MemberReport } from '@/api/types'

/** Members by their unit, in the order in which the units first come. */
export function byUnit(members: MemberReport[]): { unit: string; names: string[] }[] {
  const groups = new Map<number, { unit: string; names: string[] }>()
  for (const { unit, name } of members) {
    const group = groups.get(unit.id)
    if (group) group.names.push(name)
    else groups.set(unit.id, { unit: unit.name, names: [name] })
  }
  return [...groups.values()]
}

/** Puts text on the clipboard; false where the browser does not allow it. */
export async function copyText(text: string, shownIn: HTMLTextAreaElement | undefined): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Pages without https and older phones have no clipboard of their own: what is marked can be copied all the same.
    shownIn?.select()
    return document.execCommand('copy')
  }
}
