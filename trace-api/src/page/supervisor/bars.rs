//! Bars over time, drawn on the server: a number a month or a day. Horizontal places are
//! percentages and the type is not stretched, so that one drawing fits a phone and a desk.

use askama::Template;

use crate::page::{Page, Site};

/// Height of the bars, CSS pixels.
const HEIGHT: f64 = 120.0;
/// Most labels below.
const LABELS_MAX: usize = 12;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What stands below it: a month, a day.
    pub label: String,
    /// How high.
    pub value: i64,
    /// How much of it is filled darker, such as the tests that passed; as much as there is where
    /// nothing is set apart.
    pub part: i64,
}

struct Drawn {
    x: String,
    width: String,
    middle: String,
    top: String,
    tall: String,
    part_top: String,
    part_tall: String,
    label: String,
    /// Where it is spelt out.
    words: String,
    shows_label: bool,
}

#[derive(Template)]
#[template(path = "supervisor_bars.html")]
struct Drawing<'a> {
    title: &'a str,
    bars: Vec<Drawn>,
    most: i64,
    summary: String,
}

/// Draws bars under a title. `part` names what is filled darker.
pub fn draw(site: &Site, title: &str, part: Option<&str>, bars: &[Bar]) -> Page {
    let most = bars
        .iter()
        .map(|bar| bar.value)
        .max()
        .unwrap_or_default()
        .max(1);
    let pitch = 100.0 / bars.len().max(1) as f64;
    let every = bars.len().div_ceil(LABELS_MAX).max(1);
    let drawn = bars.iter().enumerate().map(|(place, bar)| {
        let (tall, dark) = (
            height(bar.value, most),
            height(bar.part.min(bar.value), most),
        );
        let left = place as f64 * pitch;
        let words = match part {
            Some(part) => format!("{}: {} · {part} {}", bar.label, bar.value, bar.part),
            None => format!("{}: {}", bar.label, bar.value),
        };
        Drawn {
            x: format!("{:.2}", left + pitch * 0.15),
            width: format!("{:.2}", pitch * 0.7),
            middle: format!("{:.2}", left + pitch / 2.0),
            top: format!("{:.1}", HEIGHT - tall),
            tall: format!("{tall:.1}"),
            part_top: format!("{:.1}", HEIGHT - dark),
            part_tall: format!("{dark:.1}"),
            label: bar.label.clone(),
            words,
            // Counted from the end: the newest is named.
            shows_label: (bars.len() - 1 - place).is_multiple_of(every),
        }
    });
    let sum: i64 = bars.iter().map(|bar| bar.value).sum();
    Drawing {
        title,
        bars: drawn.collect(),
        most,
        summary: site
            .lang
            .say("bars.summary", &[("sum", &sum), ("most", &most)]),
    }
    .render()
}

fn height(value: i64, most: i64) -> f64 {
    value.max(0) as f64 / most as f64 * HEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Lang;

    #[test]
    fn bars_reach_up_to_the_most_and_name_the_newest() -> Result<(), askama::Error> {
        let bars: Vec<_> = (0..30)
            .map(|day| Bar {
                label: format!("d{day}"),
                value: day,
                part: day / 2,
            })
            .collect();
        let html = draw(
            &crate::page::tests_site(Lang::Zh),
            "查询",
            Some("其中"),
            &bars,
        )?;
        assert!(html.contains("height=\"120.0\"") && html.contains(">d29</text>"));
        assert!(!html.contains(">d28</text>"), "labels do not overlap");
        assert!(html.contains("d29: 29 · 其中 14"));
        assert!(draw(&crate::page::tests_site(Lang::En), "x", None, &[]).is_ok());
        Ok(())
    }
}
