#!/bin/sh
# 备份一次：写一份，还原到临时目录，由程序自己核对，合格才算数；只留最近的 QIANTI_BACKUP_KEEP 份。
# 不合格时退出码不是 0，这一份改名 .bad 留着，旧的一份也不删。
set -eu
program=${QIANTI_PROGRAM:-/usr/local/bin/qianti}
folder=${QIANTI_BACKUP_FOLDER:?names the folder for backups}
keep=${QIANTI_BACKUP_KEEP:-48}

mkdir -p "$folder"
name="$folder/qianti-$(date -u +%Y%m%dT%H%M%SZ)"
drill=$(mktemp -d)
trap 'rm -rf "$drill"' EXIT

"$program" backup "$name.part"
if ! QIANTI_DATABASE_URL="sqlite://$drill/qianti.db" "$program" restore "$name.part"; then
  mv "$name.part" "$name.bad"
  exit 1
fi
mv "$name.part" "$name.db"

# 名字里是时间，排在前面的是新的。
ls -1 "$folder" | grep '^qianti-.*\.db$' | sort -r | tail -n +$((keep + 1)) | while read -r old; do
  rm -- "$folder/$old"
done
