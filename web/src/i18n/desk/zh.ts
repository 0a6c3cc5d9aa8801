/** What the desk says to leaders and admins, in Chinese. English has the same keys. */
export const zh = {
  title: '工作台',
  menu: {
    label: '工作台菜单',
    leave: '返回',
    leader: '领导看板',
    admin: '管理',
    board: '看板',
  },
  unit: {
    label: '组织',
    choose: '请选择组织',
    search: '输入名称或代码查找',
    none: '没有找到这样的组织。',
    more: '还有 {count} 个组织，请输入名称查找。',
    members: '{count} 人',
  },
  period: {
    label: '时间',
    day: '日',
    week: '周',
    month: '月',
    all: '累计',
    quiz: '按竞赛或考试',
    before: '往前',
    after: '往后',
    span: '{from}至{until}',
  },
  file: {
    busy: '正在生成…',
    saved: '已保存：{name}',
    weChat: '微信里不能保存文件。请点右上角“…”，选“在浏览器打开”，再导出。',
  },
}
