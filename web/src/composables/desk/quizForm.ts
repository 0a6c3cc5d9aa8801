import type { NewQuiz, Quiz, QuizKind, Section } from '@/api/desk/types'

/** A part of the paper as the form has it; what is being typed may be empty. */
export interface SectionForm {
  title: string
  kinds: NonNullable<Section['kinds']>
  chapters: string[]
  low: number
  high: number
  count: number | ''
  points: number | ''
  multiple_rule: NonNullable<Section['multiple_rule']>
}

/** A quiz as the form has it: times by the clock of this computer, empty for none; minutes and attempts empty for no limit. */
export interface QuizForm {
  title: string
  kind: QuizKind
  bank: string
  unit_id: number | null
  opens_at: string
  closes_at: string
  minutes: number | ''
  attempts: number | ''
  pass_percent: number | ''
  reveal: NonNullable<NewQuiz['reveal']>
  shuffle_questions: boolean
  shuffle_options: boolean
  sections: SectionForm[]
}

export const QUIZ_KINDS = ['daily', 'contest', 'exam', 'practice'] as const

/** Papers that are ready to be published as they are. */
export const READY_QUIZZES = ['daily5', 'contest20', 'exam50'] as const
export type ReadyQuiz = (typeof READY_QUIZZES)[number]

/** The headings of the parts of a paper. */
export interface PartTitles {
  single: string
  multiple: string
  judge: string
  blank: string
}

const DAY_MS = 86_400_000

/** An instant as a field of date and time has it, by the clock of this computer. */
export function localTime(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** The same, the other way; null for an empty field. */
export function instant(local: string): string | null {
  return local ? new Date(local).toISOString() : null
}

/** A day from now, at this time of day. */
function on(days: number, hour: number, now: number): string {
  const at = new Date(now + days * DAY_MS)
  at.setHours(hour, 0, 0, 0)
  return localTime(at)
}

export function emptySection(part: Partial<SectionForm> = {}): SectionForm {
  return { title: '', kinds: [], chapters: [], low: 1, high: 5, count: 10, points: 5, multiple_rule: 'half_if_incomplete', ...part }
}

/** A section of one kind of question, under its heading. */
function partOf(titles: PartTitles) {
  return (of: keyof PartTitles, count: number, points: number) => emptySection({ title: titles[of], kinds: [of], count, points })
}

/** What is mostly wanted of a quiz of this kind; the headings of the parts are `titles`. */
export function defaultsOf(kind: QuizKind, titles: PartTitles, now = Date.now()): Omit<QuizForm, 'title' | 'bank' | 'unit_id'> {
  const part = partOf(titles)
  const shared = { kind, opens_at: '', closes_at: '', minutes: '' as const, attempts: '' as const, pass_percent: 60, reveal: 'after_submit' as const, shuffle_questions: true, shuffle_options: true }
  switch (kind) {
    case 'daily':
      return { ...shared, minutes: 15, attempts: 1, sections: [emptySection({ count: 10, points: 10 })] }
    case 'contest':
      return {
        ...shared, opens_at: on(1, 9, now), closes_at: on(8, 18, now), minutes: 30, attempts: 2, reveal: 'after_close',
        sections: [part('single', 20, 2), part('multiple', 10, 4), part('judge', 10, 2)],
      }
    case 'exam':
      return {
        ...shared, opens_at: on(1, 9, now), closes_at: on(1, 18, now), minutes: 60, attempts: 1, reveal: 'after_close',
        sections: [part('single', 30, 1), part('multiple', 20, 2), part('judge', 20, 1), part('blank', 5, 2)],
      }
    case 'practice':
      return { ...shared, sections: [emptySection({ count: 20, points: 5 })] }
  }
}

/** A paper that is ready: each is worth 100 points. */
export function readyQuiz(ready: ReadyQuiz, titles: PartTitles, now = Date.now()): Omit<QuizForm, 'title' | 'bank' | 'unit_id'> {
  const part = partOf(titles)
  switch (ready) {
    case 'daily5':
      return { ...defaultsOf('daily', titles, now), minutes: 10, sections: [emptySection({ count: 5, points: 20 })] }
    case 'contest20':
      return { ...defaultsOf('contest', titles, now), minutes: 20, sections: [part('single', 10, 4), part('multiple', 5, 8), part('judge', 5, 4)] }
    case 'exam50':
      return { ...defaultsOf('exam', titles, now), sections: [part('single', 25, 2), part('multiple', 10, 3), part('judge', 10, 1), part('blank', 5, 2)] }
  }
}

export function formOfQuiz(quiz: Quiz): QuizForm {
  const { title, kind, bank, unit_id, opens_at, closes_at, duration_seconds, attempts_allowed, pass_percent, reveal, shuffle_questions, shuffle_options } = quiz
  return {
    title, kind, bank, unit_id, pass_percent, reveal, shuffle_questions, shuffle_options,
    opens_at: localTime(new Date(opens_at)),
    closes_at: closes_at ? localTime(new Date(closes_at)) : '',
    minutes: duration_seconds ? duration_seconds / 60 : '',
    attempts: attempts_allowed ?? '',
    sections: quiz.sections.map(({ title: heading, kinds, chapters, difficulty, count, points, multiple_rule }) => ({
      title: heading ?? '', kinds: kinds ?? [], chapters: chapters ?? [], low: difficulty?.[0] ?? 1, high: difficulty?.[1] ?? 5, count, points,
      multiple_rule: multiple_rule ?? 'half_if_incomplete',
    })),
  }
}

/** What the server is sent. A limit that is left empty is none. */
export function requestOf(form: QuizForm): NewQuiz {
  return {
    title: form.title.trim(),
    kind: form.kind,
    bank: form.bank,
    unit_id: form.unit_id,
    opens_at: instant(form.opens_at),
    closes_at: instant(form.closes_at),
    duration_seconds: form.minutes === '' ? null : Math.round(form.minutes * 60),
    attempts_allowed: form.attempts === '' ? null : Math.round(form.attempts),
    pass_percent: form.pass_percent === '' ? 0 : Math.max(0, Math.round(form.pass_percent)),
    reveal: form.reveal,
    shuffle_questions: form.shuffle_questions,
    shuffle_options: form.shuffle_options,
    sections: form.sections.map(({ title, kinds, chapters, low, high, count, points, multiple_rule }) => ({
      title: title.trim(), kinds, chapters, difficulty: [low, high], count: count === '' ? 0 : Math.max(0, Math.round(count)), points: points === '' ? 0 : points, multiple_rule,
    })),
  }
}
