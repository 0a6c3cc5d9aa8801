#!/usr/bin/env python3
"""Makes the workbooks and texts in tests/formats/tables with other programs than our own writer.

Needs openpyxl, xlwt, msoffcrypto-tool and LibreOffice (soffice). The files are committed; run this only to
change them. The questions are made up for the tests.
"""

import csv
import pathlib
import subprocess

import openpyxl
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

HERE = pathlib.Path(__file__).parent / "tables"


def kaoshibao():
    """openpyxl: a merged title, notes, headings with line breaks, a second and a hidden sheet, booleans."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "试题内容"
    sheet["A1"] = "题库导入模板（示例）"
    sheet.merge_cells("A1:L1")
    sheet["A2"] = "说明：请按列填写，勿改表头"
    sheet.append([])
    sheet.append(
        ["题干（必填）", "题型 （必填）", "选项 A", "选项 B", "选项 C", "选项D", "选项E\n(勿删)", "正确答案\n（必填）",
         "解析\n（勿删）", "[学科]", "章节\n（勿删）", "难度"]
    )
    rows = [
        ["示例甲的说法（　　）。", "单选题", "一", "二", "三", "四", None, "B", "因为二。", "党建", "第一章", "简单"],
        ["示例乙包括（　　）。", "多选题", "一", "二", "三", "四", "五", "ACE", None, "党建", None, "适中"],
        ["示例丙是正确的。", "判断题", None, None, None, None, None, True, None, "党建", "第一章", "困难"],
        ["示例丁是错误的。", "判断题", None, None, None, None, None, False, None, "党建", "第一章", 2],
        ["示例数字题的答案（　　）。", "单选题", 1, 2.5, 2026, 0.1, None, "C", None, None, "第二章", 5],
        [],
        ["示例戊由____和____组成。", "填空题", None, None, None, None, None, "甲；乙|丙", None, None, "第二章", None],
        ["示例己缺答案（　　）。", "单选题", "一", "二", None, None, None, None, None, None, "第二章", None],
        ["示例庚的答案不在选项里（　　）。", "单选题", "一", "二", None, None, None, "D", None, None, "第二章", None],
    ]
    for row in rows:
        sheet.append(row)
    # One chapter over two rows.
    sheet["K5"] = "第一章"
    sheet.merge_cells("K5:K6")
    second = book.create_sheet("补充")
    second.append(["答案", "题目", "题型", "A", "B"])
    second.append(["A", "示例辛在第二张表（　　）。", "单选", "甲", "乙"])
    notes = book.create_sheet("说明")
    notes.append(["这一页没有题目"])
    hidden = book.create_sheet("旧题")
    hidden.append(["题干", "题型", "答案"])
    hidden.append(["不该读到的题", "判断", "对"])
    hidden.sheet_state = "hidden"
    book.save(HERE / "openpyxl-merged.xlsx")


def rows_per_option():
    """openpyxl: a row for each option, the stem merged over its rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["题目序号", "题目类型(1单2多3判4主观)", "题目内容", "整体解析", "题目图片", "所属题库(id,逗号分隔)",
                  "是否正确项(0/1)", "选项内容", "选项解析"])
    sheet.append(["必填", "必填", "必填", "选填", "选填", "选填", "必填", "必填", "选填"])
    items = [
        (1, 1, "示例一（　　）。", [(0, "甲"), (1, "乙"), (0, "丙")]),
        (2, 2, "示例二（　　）。", [(1, "甲"), (1, "乙"), (0, "丙"), (0, "丁")]),
        (3, 3, "示例三的说法。", [(1, "正确"), (0, "错误")]),
    ]
    row = 3
    for number, kind, stem, options in items:
        for right, option in options:
            sheet.append([None, None, None, None, None, None, right, option])
        sheet.cell(row, 1, number)
        sheet.cell(row, 2, kind)
        sheet.cell(row, 3, stem)
        sheet.merge_cells(start_row=row, end_row=row + len(options) - 1, start_column=3, end_column=3)
        row += len(options)
    book.save(HERE / "openpyxl-row-per-option.xlsx")


def kinds_as_sheets():
    """openpyxl: sheets named after kinds, section rows inside one of them."""
    book = openpyxl.Workbook()
    single = book.active
    single.title = "单选题"
    single.append(["序号", "题干", "选项A", "选项B", "选项C", "答案", "分值"])
    for number in range(1, 5):
        single.append([number, f"单选示例第{'一二三四'[number - 1]}题怎样（　　）。", "甲", "乙", "丙", "ABCA"[number - 1], 2])
    judge = book.create_sheet("判断题")
    judge.append(["序号", "题干", "答案", "依据"])
    for number, answer in enumerate(["√", "×", "T", 0], 1):
        judge.append([number, f"判断示例之{'甲乙丙丁'[number - 1]}的说法成立。", answer, f"示例文件第{number}条"])
    mixed = book.create_sheet("综合")
    mixed.append(["题干", "选项", "答案"])
    mixed.append(["一、多项选择题（每题3分，共6分）"])
    mixed.append(["综合示例包括（　　）。", "A. 子\nB. 丑\nC. 寅", "A、C"])
    mixed.append(["二、填空题"])
    mixed.append(["综合示例填____。", None, "卯"])
    book.save(HERE / "openpyxl-sheets-and-sections.xlsx")


def old_workbook():
    """xlwt: Excel 97, options in one cell parted by $;$, levels of chapters, merged cells, a hidden sheet."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("题库")
    sheet.write_merge(0, 0, 0, 9, "示例单位题库")
    heads = ["序号", "一级纲要", "二级纲要", "题目分类", "题型", "题干", "选项", "答案", "题目依据", "试题编码"]
    for column, head in enumerate(heads):
        sheet.write(1, column, head)
    rows = [
        ["总纲", "", "单选题", "老表示例一（　　）。", "A-甲|B-乙|C-丙", "B", "示例第1条", "GW-001"],
        ["总纲", "", "多选题", "老表示例二（　　）。", "A. 甲$;$B. 乙$;$C. 丙$;$D. 丁", "ABD", "示例第2条", "GW-002"],
        ["组织", "", "判断题", "老表示例三成立。", "A. 正确$;$B. 错误", "B", "示例第3条", "GW-003"],
        ["组织", "", "判断题", "老表示例四成立。", "", 1, "示例第4条", "GW-004"],
        ["组织", "", "单选题", "老表示例五（　　）。", "A. 甲$;$B. 乙", "B", "示例第5条", "GW-001"],
    ]
    for index, row in enumerate(rows):
        sheet.write(index + 2, 0, index + 1)
        for column, value in enumerate(row):
            sheet.write(index + 2, column + 2, value)
    sheet.write_merge(2, 6, 1, 1, "党章")
    hidden = book.add_sheet("隐藏")
    hidden.write(0, 0, "题干")
    hidden.visibility = 1
    book.save(str(HERE / "xlwt-levels.xls"))


TABLE = [
    ["题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "难度", "章节"],
    ["单选题", "通用示例一，取“甲”还是“乙”（　　）。", "甲,一", "乙;二", "丙", "丁", "A", "含逗号, 分号; 与\"引号\"", "易", "第一章"],
    ["多选题", "通用示例二（　　）。", "甲", "乙", "丙", "丁", "A,C,D", "第一行\n第二行", "中", "第一章"],
    ["判断题", "通用示例三成立。", "", "", "", "", "正确", "", "难", "第二章"],
    ["填空题", "通用示例四填____。", "", "", "", "", "空一|空１", "", "3", "第二章"],
    ["简答题", "通用示例五。", "", "", "", "", "要点一\n要点二", "", "4", "第二章"],
]


def texts():
    """Texts in the encodings that Excel and others write."""
    def write(name, encoding, delimiter, mark=b"", end="\r\n"):
        with open(HERE / name, "wb") as file:
            file.write(mark)
            lines = []
            class Lines:
                def write(self, text):
                    lines.append(text)
            writer = csv.writer(Lines(), delimiter=delimiter, lineterminator=end)
            writer.writerows(TABLE)
            file.write("".join(lines).encode(encoding))
    write("utf8.csv", "utf-8", ",", end="\n")
    write("utf8-bom.csv", "utf-8", ",", b"\xef\xbb\xbf")
    write("gb18030.csv", "gb18030", ",")
    write("utf16-tabs.txt", "utf-16-le", "\t", b"\xff\xfe")
    write("semicolons.csv", "utf-8", ";")


def office():
    """LibreOffice: the common table as a workbook of both generations, and as a text of its own making."""
    with open(HERE / "common.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(TABLE)
    source = HERE / "common.csv"
    for end, target in [("xlsx", "xlsx:Calc MS Excel 2007 XML"), ("xls", "xls:MS Excel 97")]:
        subprocess.run(
            ["soffice", "--headless", "--infilter=CSV:44,34,76,1", "--convert-to", target, "--outdir", HERE, source],
            check=True, capture_output=True,
        )
        (HERE / f"common.{end}").rename(HERE / f"libreoffice.{end}")
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false",
         "--outdir", HERE, HERE / "libreoffice.xlsx"],
        check=True, capture_output=True,
    )
    source.unlink()


def encrypted():
    """A workbook with a password, as Excel writes it."""
    with open(HERE / "libreoffice.xlsx", "rb") as plain, open(HERE / "encrypted.xlsx", "wb") as file:
        OOXMLFile(plain).encrypt("secret", file)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    kaoshibao()
    rows_per_option()
    kinds_as_sheets()
    old_workbook()
    texts()
    office()
    encrypted()
