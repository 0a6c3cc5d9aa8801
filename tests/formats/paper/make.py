"""Makes the files of this folder: `python3 make.py` (needs python-docx, and LibreOffice as `soffice`)."""

import base64
import pathlib
import subprocess
import tempfile

import docx
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import RGBColor

HERE = pathlib.Path(__file__).parent

SINGLE = [
    ("消防安全工作的方针是（　　）。", ["预防为主，防消结合", "先救后防", "以罚代防", "谁用谁管"], "A", "见《消防法》第二条。"),
    ("火警电话是（　　）。", ["110", "119", "120", "122"], "B", ""),
    ("灭火器应当（　　）检查一次压力。", ["每月", "每五年", "每十年", "从不"], "A", ""),
]
MULTIPLE = [
    ("下列属于可燃物的有（　　）。", ["木材", "汽油", "混凝土", "纸张"], "ABD", ""),
    ("发现火情应当（　　）。", ["报警", "疏散", "乘电梯离开", "扑救初起火灾"], "ABD", "不乘电梯。"),
]
JUDGE = [("占用疏散通道是违法的。", "√"), ("火灾时应当乘坐电梯。", "×")]
BLANK = [("火警电话是____。", "119"), ("灭火的基本方法有____和____。", "冷却法|冷却；窒息法|窒息")]


def text_paper():
    """The plain form, with everything written out."""
    lines = ["消防知识题库", "", "一、单项选择题（每题2分，共6分）"]
    number = 0
    for stem, options, answer, why in SINGLE:
        number += 1
        lines += [f"{number}．{stem}"] + [f"{'ABCD'[i]}．{o}" for i, o in enumerate(options)] + [f"答案：{answer}"]
        lines += [f"解析：{why}"] if why else []
        lines.append("")
    lines.append("二、多项选择题（每题3分，共6分）")
    for index, (stem, options, answer, _) in enumerate(MULTIPLE, 1):
        lines += [f"{index}．{stem}", "  ".join(f"{'ABCD'[i]}．{o}" for i, o in enumerate(options)), f"正确答案：{'、'.join(answer)}", ""]
    lines.append("三、判断题（对的打√，错的打×）")
    lines += [f"{index}．{stem}（{answer}）" for index, (stem, answer) in enumerate(JUDGE, 1)]
    lines.append("四、填空题")
    for index, (stem, answer) in enumerate(BLANK, 1):
        lines += [f"{index}．{stem}", f"答案：{answer}"]
    return "\n".join(lines) + "\n"


def list_paper():
    """Questions first, answers at the end, by section."""
    lines = ["消防知识测试", "姓名：________  得分：________", "一、单选题"]
    for index, (stem, options, _, _) in enumerate(SINGLE, 1):
        lines += [f"{index}、{stem}", " ".join(f"{'ABCD'[i]}.{o}" for i, o in enumerate(options))]
    lines.append("二、多选题")
    for index, (stem, options, _, _) in enumerate(MULTIPLE, 1):
        lines += [f"{index}、{stem}"] + [f"({'ABCD'[i]}){o}" for i, o in enumerate(options)]
    lines.append("三、判断题")
    lines += [f"{index}、{stem}（  ）" for index, (stem, _) in enumerate(JUDGE, 1)]
    lines += ["参考答案", "一、单选题", "1-3 " + "".join(q[2] for q in SINGLE), "二、多选题"]
    lines += ["  ".join(f"{i}.{q[2]}" for i, q in enumerate(MULTIPLE, 1)), "三、判断题", "1.√ 2.×"]
    return "\n".join(lines) + "\n"


def text_files():
    (HERE / "utf8.txt").write_text(text_paper(), encoding="utf-8")
    (HERE / "gbk-windows.txt").write_bytes(text_paper().replace("\n", "\r\n").encode("gb18030"))
    (HERE / "utf16.txt").write_bytes(text_paper().encode("utf-16"))
    (HERE / "answers-at-end-gbk.txt").write_bytes(list_paper().encode("gbk"))
    pdf = text_paper().replace("方", "⽅").replace("火", "⽕").replace("A", "Ａ").replace("安全", "安\u200b全").replace("  ", "\u00a0\u00a0")
    (HERE / "pdf-copy.txt").write_text(pdf, encoding="utf-8-sig")
    broken = text_paper().replace("答案：B\n", "").replace("正确答案：A、B、D", "正确答案：A、B、E", 1).replace("（√）", "（  ）")
    (HERE / "mistakes.txt").write_text(broken, encoding="utf-8")


def numbered(document):
    """An own list for questions (1.) and options (A.), as Word makes it."""
    numbering = document.part.numbering_part.element
    level = lambda i, fmt, text: f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{fmt}"/><w:lvlText w:val="{text}"/></w:lvl>'
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:multiLevelType w:val="multilevel"/>'
        + level(0, "decimal", "%1.") + level(1, "upperLetter", "%2.") + "</w:abstractNum>"
    )
    numbering.insert(0, abstract)
    number = parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>')
    numbering.append(number)


def listed(document, text, level):
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'))
    return paragraph


def automatic():
    document = docx.Document()
    document.add_heading("消防知识题库", 0)
    numbered(document)
    document.add_paragraph("一、单选题").runs[0].bold = True
    for stem, options, answer, why in SINGLE:
        listed(document, stem, 0)
        for option in options:
            listed(document, option, 1)
        paragraph = document.add_paragraph()
        paragraph.add_run("答案：").bold = True
        paragraph.add_run(answer)
        if why:
            document.add_paragraph(f"解析：{why}")
    document.add_paragraph("二、多选题").runs[0].bold = True
    for stem, options, answer, _ in MULTIPLE:
        listed(document, stem, 0)
        for option in options:
            listed(document, option, 1)
        document.add_paragraph(f"【答案】{answer}")
    document.save(HERE / "python-docx-automatic-numbers.docx")


def styled():
    """The list styles that python-docx brings, breaks, a picture, tracked changes, red answers."""
    document = docx.Document()
    document.add_paragraph("单选题")
    for stem, options, answer, _ in SINGLE[:2]:
        document.add_paragraph(stem, style="List Number")
        paragraph = document.add_paragraph()
        for index, option in enumerate(options):
            run = paragraph.add_run(f"{'ABCD'[index]}. {option}")
            if "ABCD"[index] == answer:
                run.font.color.rgb = RGBColor(0xFF, 0, 0)
            if index < 3:
                paragraph.add_run().add_break(WD_BREAK.LINE)
    document.add_paragraph(SINGLE[2][0], style="List Number")
    with tempfile.NamedTemporaryFile(suffix=".png") as picture:
        picture.write(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="))
        picture.flush()
        document.add_picture(picture.name)
    document.add_paragraph("A. 每月  B. 每五年\tC. 每十年\tD. 从不")
    answer = document.add_paragraph("答案：")
    deleted = parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="a"><w:r><w:delText>B</w:delText></w:r></w:del>')
    inserted = parse_xml(f'<w:ins {nsdecls("w")} w:id="2" w:author="a"><w:r><w:t>A</w:t></w:r></w:ins>')
    answer._p.append(deleted)
    answer._p.append(inserted)
    document.save(HERE / "python-docx-styles-and-changes.docx")


def tables():
    document = docx.Document()
    document.add_paragraph("消防知识题库")
    rows = [["序号", "题型", "题干", "A", "B", "C", "D", "答案", "解析"]]
    rows += [[str(i), "单选题", q[0], *q[1], q[2], q[3]] for i, q in enumerate(SINGLE, 1)]
    rows += [[str(i), "多选题", q[0], *q[1], q[2], q[3]] for i, q in enumerate(MULTIPLE, 4)]
    rows += [["6", "判断题", JUDGE[0][0], "", "", "", "", "对", ""], ["7", "判断题", JUDGE[1][0], "", "", "", "", "也许", ""]]
    table = document.add_table(len(rows), 9)
    for row, texts in zip(table.rows, rows):
        for cell, text in zip(row.cells, texts):
            cell.text = text
    table.cell(4, 1).merge(table.cell(5, 1)).text = "多选题"
    document.save(HERE / "python-docx-table.docx")


def html():
    items = "".join(
        f"<li>{stem}<ol type='A'>{''.join(f'<li>{o}</li>' for o in options)}</ol></li><p>答案：{answer}</p>" for stem, options, answer, _ in SINGLE
    )
    plain = "".join(
        f"<p>{i}．{stem}<br>A．{o[0]} B．{o[1]}<br>C．{o[2]} D．{o[3]}<br>答案：{a}</p>" for i, (stem, o, a, _) in enumerate(MULTIPLE, 1)
    )
    grid = "<table border=1><tr><th>题干</th><th>答案</th></tr>" + "".join(f"<tr><td>{s}</td><td>{a}</td></tr>" for s, a in JUDGE) + "</table>"
    page = lambda body: f"<html><head><meta charset='utf-8'></head><body>{body}</body></html>"
    return {
        "libreoffice-lists": page(f"<p>一、单选题</p><ol>{items}</ol>"),
        "libreoffice-paragraphs": page(f"<h1>消防知识题库</h1><h2>二、多选题</h2>{plain}"),
        "libreoffice-table": page(f"<p>三、判断题</p>{grid}"),
    }


def convert(source, target, folder):
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", target, "--outdir", folder, source], check=True, timeout=180, capture_output=True)


def libreoffice():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, text in html().items():
            source = folder / f"{name}.html"
            source.write_text(text, encoding="utf-8")
            convert(source, "odt:writer8", folder)
            convert(folder / f"{name}.odt", "docx:MS Word 2007 XML", folder)
            (HERE / f"{name}.docx").write_bytes((folder / f"{name}.docx").read_bytes())
        source = folder / "paper.txt"
        source.write_text(text_paper(), encoding="utf-8-sig")
        convert(source, "docx:MS Word 2007 XML", folder)
        (HERE / "libreoffice-text.docx").write_bytes((folder / "paper.docx").read_bytes())
        for ending, name in [("doc", "doc:MS Word 97"), ("rtf", "rtf:Rich Text Format"), ("odt", "odt:writer8")]:
            convert(source, name, folder)
            (HERE / f"old.{ending}").write_bytes((folder / f"paper.{ending}").read_bytes())


if __name__ == "__main__":
    text_files()
    automatic()
    styled()
    tables()
    libreoffice()
