import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** What `GET path` answers. */
export type Got<P extends keyof paths> = paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer T } } } } }
  ? T
  : never
/** A row of the list that `GET path` answers. */
export type Listed<P extends keyof paths> = Got<P> extends { items: (infer T)[] } ? T : never

export type Me = Schemas['Me']
export type Kind = Schemas['Kind']
export type Unit = Schemas['Unit']
export type UnitKind = Schemas['UnitKind']
export type Period = Schemas['Period']
export type Attempt = Schemas['Attempt']
export type AttemptResult = Schemas['AttemptResult']
export type PaperItem = Attempt['questions'][number]
/** A quiz, without how its papers are made up, which concerns no member. */
export type Quiz = Omit<Listed<'/api/v1/quizzes'>, 'sections'>
export type AttemptSummary = Listed<'/api/v1/me/attempts'>
export type MemberRow = Listed<'/api/v1/leaderboards/members'>
export type UnitRow = Listed<'/api/v1/leaderboards/units'>
export type Progress = Got<'/api/v1/me/progress'>
export type PracticeQuestion = Listed<'/api/v1/practice/questions'>
export type WrongAnswer = Listed<'/api/v1/me/wrong-answers'>
export type Favourite = Listed<'/api/v1/me/favourites'>
export type Session = Listed<'/api/v1/me/sessions'>

/** An item of a result; what the quiz does not reveal is absent. */
export type ItemResult = { no: number; answer: string[] } & Partial<Schemas['RevealedResponse']>

/** An answer to one item, as it goes over the wire. */
export interface Answer {
  no: number
  answer: string[]
}

export type BoardReport = Got<'/api/v1/reports/board'>
export type Figures = BoardReport['now']
export type ChildReport = BoardReport['children'][number]
export type MemberReport = Listed<'/api/v1/reports/members'>
export type Trend = Got<'/api/v1/reports/trend'>
export type Chapters = Got<'/api/v1/reports/chapters'>
export type MonthlyReport = Got<'/api/v1/reports/monthly'>
export type ItemReport = Listed<'/api/v1/reports/items'>
export type Bank = Listed<'/api/v1/banks'>
