import { useI18n } from 'vue-i18n'

/** Says a place of a file in the words of the office: "line 12 答案" is a row of a table and its column. */
export function usePlace(): (at: string) => string {
  const { t } = useI18n()
  return (at) => {
    const line = /^line (\d+)\s*(.*)$/.exec(at)
    if (line) return t('admin.import.line', { no: line[1], column: line[2] }).trim()
    const cell = /^(.+)!([A-Z]+\d+)$/.exec(at)
    if (cell) return t('admin.import.cell', { sheet: cell[1], cell: cell[2] })
    const paragraph = /^paragraph (\d+)$/.exec(at)
    if (paragraph) return t('admin.import.paragraph', { no: paragraph[1] })
    const row = /^table (\d+), row (\d+)(.*)$/.exec(at)
    return row ? t('admin.import.tableRow', { table: row[1], row: row[2] }) + row[3] : at
  }
}
