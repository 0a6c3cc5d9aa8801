import type { DeskWords } from './index'

/** What the desk says to leaders and admins, in English. */
export const en: DeskWords = {
  title: 'Desk',
  menu: {
    label: 'Menu of the desk',
    leave: 'Back',
    leader: 'Reports',
    admin: 'Administration',
    setup: 'First steps',
    people: 'Units and people',
    banks: 'Question banks',
    quizzes: 'Quizzes',
    audit: 'Records',
    board: 'Board',
  },
  unit: {
    label: 'Unit',
    choose: 'Choose a unit',
    search: 'Find by name or code',
    none: 'No such unit.',
    more: '{count} more units; please type a name.',
    members: '{count} member | {count} members',
  },
  period: {
    label: 'Period',
    day: 'Day',
    week: 'Week',
    month: 'Month',
    all: 'All time',
    quiz: 'By contest or exam',
    before: 'Earlier',
    after: 'Later',
    span: '{from} to {until}',
  },
  file: {
    busy: 'Preparing…',
    saved: 'Saved: {name}',
    weChat: 'WeChat cannot keep files. Tap “…” at the top right, choose “Open in browser”, then export.',
  },
}
