//! docs/performance.svg: how the cost grows, drawn from what the last run has written.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::report::Report;

const SIZE: (u32, u32) = (1_350, 440);
/// Height of the title and the names of the lines, and where they begin.
const HEAD: u32 = 54;
const HEAD_X: i32 = 88;
const FONT: &str = "sans-serif";

/// A line of a panel.
struct Series {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// A panel: both axes logarithmic.
struct Panel {
    title: &'static str,
    x: &'static str,
    y: &'static str,
    series: Vec<Series>,
}

/// Draws the plot.
///
/// # Errors
/// When the last run has left nothing to draw, or meant nothing.
pub fn draw(report: &Report) -> Result<(), String> {
    if report.quick {
        return Err("the last run was --quick; its figures mean nothing and are not drawn".into());
    }
    if report.boards.is_empty() || report.rankings.is_empty() || report.papers.is_empty() {
        return Err("the last run did not measure boards, rankings and papers; run without --only".into());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.svg");
    write(report, &path)?;
    println!("drawn: {}", path.display());
    Ok(())
}

fn write(report: &Report, path: &Path) -> Result<(), String> {
    let members = |value: fn(&super::report::BoardGrowth) -> f64| {
        report.boards.iter().map(|board| (board.members as f64, value(board))).collect()
    };
    let questions = |value: fn(&super::report::PaperGrowth) -> f64| {
        report.papers.iter().map(|paper| (paper.questions as f64, value(paper))).collect()
    };
    let ranked = |value: fn(&super::report::RankGrowth) -> f64| {
        report.rankings.iter().map(|board| (board.members as f64, value(board))).collect()
    };
    let panels = [
        Panel {
            title: "Boards over HTTP",
            x: "members on the board",
            y: "requests a second",
            series: vec![
                Series { name: "top 50 with me", color: BLUE, points: members(|b| b.board.per_second) },
                Series { name: "durable submit", color: RED, points: members(|b| b.submit.per_second) },
            ],
        },
        Panel {
            title: "Boards in process",
            x: "members on the board",
            y: "microseconds",
            series: vec![
                Series { name: "own rank", color: BLUE, points: ranked(|r| r.rank_ns / 1000.0) },
                Series { name: "one more result", color: RED, points: ranked(|r| r.update_ns / 1000.0) },
            ],
        },
        Panel {
            title: "Papers in process",
            x: "questions of the bank",
            y: "microseconds",
            series: vec![
                Series { name: "draw and write", color: BLUE, points: questions(|p| p.paper_ns / 1000.0) },
                Series { name: "copy the bytes", color: BLACK, points: questions(|p| p.copy_ns / 1000.0) },
            ],
        },
    ];
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    for (area, panel) in root.split_evenly((1, panels.len())).iter().zip(&panels) {
        draw_panel(area, panel).map_err(|error| failed(&error))?;
    }
    root.present().map_err(|error| failed(&error))
}

fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    panel: &Panel,
) -> Result<(), Box<dyn std::error::Error>> {
    let points = || panel.series.iter().flat_map(|series| &series.points);
    let (x_from, x_until) = bounds(points().map(|point| point.0));
    let (y_from, y_until) = bounds(points().map(|point| point.1));
    let (head, body) = area.split_vertically(HEAD);
    head.draw(&Text::new(panel.title, (HEAD_X, 14), (FONT, 18)))?;
    for ((name, color), place) in panel.series.iter().map(|series| (series.name, series.color)).zip(0..) {
        let x = HEAD_X + 150 * place;
        head.draw(&PathElement::new([(x, 48), (x + 18, 48)], color.stroke_width(2)))?;
        head.draw(&Text::new(name, (x + 24, 41), (FONT, 14)))?;
    }
    let mut chart = ChartBuilder::on(&body)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d((x_from..x_until).log_scale(), (y_from..y_until).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(panel.x)
        .y_desc(panel.y)
        .axis_desc_style((FONT, 14))
        .label_style((FONT, 12))
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .light_line_style(WHITE)
        .draw()?;
    for series in &panel.series {
        let line = series.points.iter().copied();
        chart.draw_series(LineSeries::new(line, series.color.stroke_width(2)).point_size(3))?;
    }
    Ok(())
}

/// The powers of ten around the values.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in values.filter(|value| *value > 0.0) {
        (least, most) = (least.min(value), most.max(value));
    }
    if least > most {
        return (1.0, 10.0);
    }
    let from = 10_f64.powf(least.log10().floor());
    (from, 10_f64.powf(most.log10().ceil()).max(from * 10.0))
}

/// `1k` for 1,000.
fn short(value: &f64) -> String {
    match *value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e3 => format!("{}k", value / 1e3),
        value => format!("{value}"),
    }
}
