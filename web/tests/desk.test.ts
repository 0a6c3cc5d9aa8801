import { describe, expect, it } from 'vitest'
import { compareTexts, differing } from '@/composables/desk/changes'
import { draftOf, emptyQuestion, formOf, gapsOf, keyOf } from '@/composables/desk/question'
import { READY_QUIZZES, defaultsOf, formOfQuiz, instant, localTime, readyQuiz, requestOf } from '@/composables/desk/quizForm'
import type { Question, Quiz } from '@/api/desk/types'

describe('a change', () => {
  it('is told by the fields that differ only', () => {
    expect(differing({ name: '甲', unit: { id: 1 } }, { name: '乙', unit: { id: 1 } })).toEqual(['name'])
    expect(differing(null, { name: '甲' })).toEqual(['name'])
    expect(differing({ name: '甲' }, null)).toEqual(['name'])
  })

  it.each([
    ['党章总纲', '党章总则', { head: '党章总', before: '纲', after: '则', tail: '' }],
    ['旧题干', '新的题干', { head: '', before: '旧', after: '新的', tail: '题干' }],
    ['aa', 'aaa', { head: 'aa', before: '', after: 'a', tail: '' }],
    ['', '新', { head: '', before: '', after: '新', tail: '' }],
    ['同', '同', { head: '同', before: '', after: '', tail: '' }],
    ['😀一', '😁一', { head: '', before: '😀', after: '😁', tail: '一' }],
  ])('of %s to %s shows the part that differs', (before, after, parts) => {
    const found = compareTexts(before, after)
    expect(found).toEqual(parts)
    expect(found.head + found.before + found.tail).toBe(before)
    expect(found.head + found.after + found.tail).toBe(after)
  })
})

const shared = { id: 1, code: 'q-1', chapter: '党章', difficulty: 2, explanation: '', source: '', verified_on: null }
const questions: Question[] = [
  { ...shared, kind: 'single', stem: '题', options: ['甲', '乙'], key: ['B'] },
  { ...shared, kind: 'multiple', stem: '题', options: ['甲', '乙', '丙'], key: ['A', 'C'] },
  { ...shared, kind: 'judge', stem: '题', options: [], key: ['false'] },
  { ...shared, kind: 'blank', stem: '由____和____组成', options: [], key: ['甲|甲方', '乙'] },
  { ...shared, kind: 'blank', stem: '没有标出空的题', options: [], key: ['甲', '乙'] },
  { ...shared, kind: 'short', stem: '题', options: [], key: ['要点一', '要点二'] },
]

describe('a question in the form', () => {
  it.each(questions)('comes out as it went in: $kind $stem', (question) => {
    const { id: _, ...rest } = question
    expect(draftOf(formOf(question))).toEqual(rest)
  })

  it('has a key for each gap of the stem, also for those not yet filled in', () => {
    const form = { ...emptyQuestion(), kind: 'blank' as const, stem: '__一___二', gaps: ['甲'] }
    expect(gapsOf(form)).toBe(2)
    expect(keyOf(form)).toEqual(['甲', ''])
    expect(keyOf({ ...form, stem: '一个____', gaps: ['甲', '乙'] })).toEqual(['甲'])
  })

  it('has no letters of options that are gone', () => {
    expect(keyOf({ ...emptyQuestion(), kind: 'multiple', options: ['甲', '乙'], letters: ['C', 'B'] })).toEqual(['B'])
  })
})

const titles = { single: '单选', multiple: '多选', judge: '判断', blank: '填空' }

describe('a quiz in the form', () => {
  it.each(READY_QUIZZES)('is ready as it is: %s', (ready) => {
    const { sections, opens_at, closes_at } = readyQuiz(ready, titles, Date.parse('2026-07-01T00:00:00Z'))
    const sum = (of: (section: { count: number | ''; points: number | '' }) => number) => sections.reduce((total, section) => total + of(section), 0)
    expect(sum(({ count }) => Number(count))).toBe(Number(/\d+$/.exec(ready)?.[0]))
    expect(sum(({ count, points }) => Number(count) * Number(points))).toBe(100)
    expect(closes_at === '' || closes_at > opens_at).toBe(true)
  })

  it.each(['contest', 'exam'] as const)('is worth 100 points by default and closes after it opens: %s', (kind) => {
    const { sections, opens_at, closes_at, reveal } = defaultsOf(kind, titles)
    expect(sections.reduce((sum, { count, points }) => sum + Number(count) * Number(points), 0)).toBe(100)
    expect(new Date(closes_at).getTime()).toBeGreaterThan(new Date(opens_at).getTime())
    expect(reveal).toBe('after_close')
  })

  it('comes out as it went in', () => {
    const quiz = {
      title: '竞赛', kind: 'contest', bank: '1000', unit_id: 3, opens_at: '2026-11-23T01:00:00.000Z', closes_at: null, duration_seconds: 90, attempts_allowed: null,
      pass_percent: 60, reveal: 'after_submit', shuffle_questions: true, shuffle_options: false,
      sections: [{ title: '一', kinds: ['single'], chapters: ['党章'], difficulty: [2, 4], count: 3, points: 2.5, multiple_rule: 'per_option' }],
    }
    expect(requestOf(formOfQuiz(quiz as unknown as Quiz))).toEqual(quiz)
  })

  it('takes an empty limit for none, and what is not filled in yet for nothing', () => {
    const form = { title: ' 练习 ', bank: 'b', unit_id: 1, ...defaultsOf('practice', titles) }
    const [section] = form.sections
    const request = requestOf({ ...form, sections: [{ ...section!, count: '', points: '' }] })
    expect(request).toMatchObject({ title: '练习', opens_at: null, closes_at: null, duration_seconds: null, attempts_allowed: null })
    expect(request.sections[0]).toMatchObject({ count: 0, points: 0 })
  })

  it('keeps a time through the field', () => {
    const at = new Date(2026, 10, 23, 9, 5)
    expect(instant(localTime(at))).toBe(at.toISOString())
    expect(instant('')).toBeNull()
  })
})
