/** Named values of a thing, as they were or are. */
export type Facts = Record<string, unknown>

/** A text as it was and as it is: what stands before and behind the part that differs, and both forms of that part. */
export interface TextChange {
  head: string
  before: string
  after: string
  tail: string
}

/** Which fields two states differ in, in the order of the later state. */
export function differing(before: Facts | null, after: Facts | null): string[] {
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])]
  return names.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
}

/** Parts two texts into what they share at both ends and what differs between. */
export function compareTexts(before: string, after: string): TextChange {
  const [old, now] = [[...before], [...after]]
  const most = Math.min(old.length, now.length)
  let head = 0
  while (head < most && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1
  return {
    head: now.slice(0, head).join(''),
    before: old.slice(head, old.length - tail).join(''),
    after: now.slice(head, now.length - tail).join(''),
    tail: tail > 0 ? now.slice(-tail).join('') : '',
  }
}
