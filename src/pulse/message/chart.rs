//! The chart of a result: one bar a question, its number beside it, its range as a line with ends. Words and numbers carry the
//! meaning; the picture shows nothing that the text does not say.

use std::fmt::Write;

use crate::chart::{FONT, escape};
use crate::post::Post;
use crate::pulse::model::Pulse;
use crate::survey::{ClosedCounts, Findings, Score, WholeRange};
use crate::text::shorten;

const ROW: u32 = 64;
const TOP: u32 = 72;
const LEFT: u32 = 24;
const BAR: u32 = 600;
const WIDTH: u32 = 800;
/// Discord's limit on alt text.
const MOST_ALT_CHARS: usize = 1_024;

struct Bar {
    ask: String,
    number: String,
    points: u8,
    range: Option<WholeRange>,
}

fn bars(pulse: &Pulse, closed: &[ClosedCounts]) -> Vec<Bar> {
    let questions = pulse.definition.questions.iter();
    questions
        .filter_map(|question| {
            let counts = &closed.iter().find(|closed| closed.question.key == question.key)?.counts;
            let Findings::Shown { score: Some(score), range, .. } =
                pulse.thresholds.findings(question, counts, pulse.eligible)
            else {
                return None;
            };
            let (number, points) = match score {
                Score::Points(points) => (points.to_string(), points),
                Score::NinetyFiveOrHigher => ("95 or higher".into(), 95),
                Score::FiveOrLower => ("5 or lower".into(), 5),
            };
            Some(Bar { ask: question.ask.clone(), number, points, range })
        })
        .collect()
}

/// The picture; `None` when there is no score to draw.
pub(in crate::pulse) fn chart_svg(pulse: &Pulse, closed: &[ClosedCounts]) -> Option<String> {
    let bars = bars(pulse, closed);
    if bars.is_empty() {
        return None;
    }
    let height = TOP + ROW * u32::try_from(bars.len()).ok()? + 40;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"{FONT}\">\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\
         <text x=\"{LEFT}\" y=\"38\" font-size=\"20\" font-weight=\"600\" fill=\"#1b1b1b\">{}</text>",
        escape(&shorten(&pulse.definition.title, 60))
    );
    for (bar, number) in bars.iter().zip(0..) {
        let y = TOP + ROW * number;
        let x = |points: u8| LEFT + BAR * u32::from(points) / 100;
        let _ = write!(
            svg,
            "<text x=\"{LEFT}\" y=\"{}\" font-size=\"14\" fill=\"#1b1b1b\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{BAR}\" height=\"20\" fill=\"#eceff3\"/>\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"20\" fill=\"#2f5fa8\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"16\" font-weight=\"600\" fill=\"#1b1b1b\">{}</text>",
            y + 14,
            escape(&shorten(&bar.ask, 95)),
            y + 22,
            y + 22,
            x(bar.points) - LEFT,
            LEFT + BAR + 12,
            y + 38,
            escape(&bar.number)
        );
        if let Some(WholeRange { low, high }) = bar.range {
            let (from, to, middle) = (x(low), x(high), y + 48);
            let _ = write!(
                svg,
                "<path d=\"M{from} {middle}H{to}M{from} {}V{}M{to} {}V{}\" stroke=\"#1b1b1b\" stroke-width=\"2\" fill=\"none\"/>",
                middle - 4,
                middle + 4,
                middle - 4,
                middle + 4
            );
        }
    }
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\" font-size=\"13\" fill=\"#3d4551\">0 is the worst, 100 the best.{}</text></svg>",
        height - 16,
        if bars.iter().any(|bar| bar.range.is_some()) { " The line under a bar is its range." } else { "" }
    );
    Some(svg)
}

/// Adds the chart with its words.
pub(in crate::pulse) fn with_chart(post: Post, pulse: &Pulse, closed: &[ClosedCounts], png: Vec<u8>) -> Post {
    let said: Vec<String> = bars(pulse, closed)
        .iter()
        .map(|bar| {
            let range = bar.range.map(|range| format!(", range {} to {}", range.low, range.high)).unwrap_or_default();
            format!("{} {}{range}", bar.ask, bar.number)
        })
        .collect();
    let alt = format!("Bars from 0, the worst, to 100, the best. {}.", said.join(". "));
    post.with_file(format!("pulse-{}.png", pulse.id), shorten(&alt, MOST_ALT_CHARS), png)
}
