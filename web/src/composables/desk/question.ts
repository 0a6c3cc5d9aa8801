import type { Question, QuestionDraft } from '@/api/desk/types'

/** A question as the form has it: what each kind needs stands side by side, so that changing the kind loses nothing. */
export interface QuestionForm {
  code: string
  kind: Question['kind']
  chapter: string
  difficulty: number
  stem: string
  options: string[]
  /** Letters of the right options. */
  letters: string[]
  /** Of a judgement: `true` or `false`. */
  truth: string
  /** Of each gap: what is right, alternatives parted by `|`. */
  gaps: string[]
  /** What a person compares a free answer with. */
  reference: string
  explanation: string
  source: string
  verified_on: string
}

export const letter = (index: number): string => String.fromCharCode(65 + index)

export function emptyQuestion(): QuestionForm {
  return {
    code: '', kind: 'single', chapter: '', difficulty: 3, stem: '', options: ['', '', '', ''], letters: [], truth: '', gaps: [''],
    reference: '', explanation: '', source: '', verified_on: '',
  }
}

export function formOf(question: Omit<Question, 'id'>): QuestionForm {
  const { code, kind, chapter, difficulty, stem, options, key, explanation, source, verified_on } = question
  return {
    ...emptyQuestion(), code, kind, chapter, difficulty, stem, explanation, source,
    verified_on: verified_on ?? '',
    ...(hasOptions(kind) ? { options: [...options], letters: [...key] } : {}),
    ...(kind === 'judge' ? { truth: key[0] ?? '' } : {}),
    ...(kind === 'blank' ? { gaps: [...key] } : {}),
    ...(kind === 'short' ? { reference: key.join('\n') } : {}),
  }
}

export const hasOptions = (kind: Question['kind']): boolean => kind === 'single' || kind === 'multiple'

/** The key as the server takes it. */
export function keyOf(form: QuestionForm): string[] {
  if (hasOptions(form.kind)) return form.letters.filter((each) => each <= letter(form.options.length - 1)).sort()
  if (form.kind === 'judge') return form.truth ? [form.truth] : []
  if (form.kind === 'blank') return Array.from({ length: gapsOf(form) }, (_, index) => (form.gaps[index] ?? '').trim())
  return form.reference.split('\n').map((line) => line.trim()).filter(Boolean)
}

/** How many gaps there are: as many as the stem shows (runs of at least two underscores), else as many as are answered. */
export function gapsOf({ stem, gaps }: Pick<QuestionForm, 'stem' | 'gaps'>): number {
  return stem.match(/__+/g)?.length ?? Math.max(1, gaps.length)
}

export function draftOf(form: QuestionForm): QuestionDraft {
  const text = (value: string) => value.trim()
  return {
    ...(text(form.code) ? { code: text(form.code) } : {}),
    kind: form.kind,
    chapter: text(form.chapter) || null,
    difficulty: form.difficulty,
    stem: text(form.stem),
    options: hasOptions(form.kind) ? form.options.map(text) : [],
    key: keyOf(form),
    explanation: text(form.explanation),
    source: text(form.source),
    verified_on: form.verified_on || null,
  }
}
