import { describe, expect, it } from 'vitest'
import { byUnit } from '@/composables/desk/reminder'
import { bounds, shifted, shiftedMonth, today } from '@/composables/desk/spans'

describe('the spans of a report', () => {
  it('begin a week on Monday', () => {
    expect(bounds('week', '2026-11-22')).toEqual({ from: '2026-11-16', until: '2026-11-22' })
    expect(bounds('week', '2026-11-23')).toEqual({ from: '2026-11-23', until: '2026-11-29' })
    expect(bounds('week', '2027-01-01')).toEqual({ from: '2026-12-28', until: '2027-01-03' })
  })

  it('end a month on its last day', () => {
    expect(bounds('month', '2026-11-23')).toEqual({ from: '2026-11-01', until: '2026-11-30' })
    expect(bounds('month', '2028-02-10')).toEqual({ from: '2028-02-01', until: '2028-02-29' })
    expect(bounds('day', '2026-11-23')).toEqual({ from: '2026-11-23', until: '2026-11-23' })
  })

  it('follow each other without a gap, back and forth', () => {
    for (const period of ['day', 'week', 'month'] as const) {
      let day = '2026-12-31'
      for (let turn = 0; turn < 60; turn += 1) {
        const before = shifted(period, day, -1)
        const next = new Date(`${bounds(period, before).until}T00:00:00Z`)
        next.setUTCDate(next.getUTCDate() + 1)
        expect(next.toISOString().slice(0, 10)).toBe(bounds(period, day).from)
        expect(bounds(period, shifted(period, before, 1))).toEqual(bounds(period, day))
        day = before
      }
    }
    expect(shiftedMonth('2026-01', -1)).toBe('2025-12')
    expect(shiftedMonth('2026-12', 1)).toBe('2027-01')
  })

  it("take today from the reader's own calendar", () => {
    expect(today(new Date(2026, 10, 23, 0, 5))).toBe('2026-11-23')
    expect(today(new Date(2026, 10, 23, 23, 55))).toBe('2026-11-23')
  })
})

describe('a reminder', () => {
  it('names members by their unit, and keeps two units of one name apart', () => {
    const member = (name: string, id: number) =>
      ({ member_id: id, name, login: name, unit: { id, kind: 'branch', code: String(id), name: '机关党支部' }, score: null, elapsed_ms: null, attempts: 0, last_at: null }) as const
    expect(byUnit([member('张三', 1), member('李四', 2), member('王五', 1)])).toEqual([
      { unit: '机关党支部', names: ['张三', '王五'] },
      { unit: '机关党支部', names: ['李四'] },
    ])
  })
})
