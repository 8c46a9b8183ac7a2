//! The promises of a chart: gaps stay gaps, no value is lost from its extremes, no page grows
//! without bound, nothing that is not a number reaches the drawing.

use proptest::prelude::*;

use super::plan::COLUMNS_MAX;
use super::*;

const HOUR_S: i64 = 3_600;

fn start() -> Timestamp {
    Timestamp::from_seconds(1_788_192_000) // 2026-09-01 in China
}

/// Seconds of a count of hours.
fn hours(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX / HOUR_S) * HOUR_S
}

/// An hourly series from optional means; lowest and highest lie one beside the mean.
fn hourly(values: &[Option<f64>]) -> Series {
    let point = |(i, v): (usize, &Option<f64>)| Point {
        at: start().plus_seconds(hours(i)),
        spread: v.map(|mean| Spread {
            min: mean - 1.0,
            mean,
            max: mean + 1.0,
        }),
    };
    Series {
        step_s: 3_600,
        points: values.iter().enumerate().map(point).collect(),
    }
}

fn end_of(values: &[Option<f64>]) -> Timestamp {
    start().plus_seconds(hours(values.len()))
}

fn html(values: &[Option<f64>], lang: Lang) -> Result<String, askama::Error> {
    let series = hourly(values);
    let chart = Chart {
        id: "t".into(),
        title: "气温".into(),
        unit: "°C",
        from: start(),
        to: end_of(values),
        series: &series,
        band: Some(Band {
            low: Some(0.0),
            high: None,
        }),
        lang,
    };
    chart.html()
}

/// Presence with long and short gaps, as links in the field fail.
fn any_season() -> impl Strategy<Value = Vec<Option<f64>>> {
    let stretch = (1_usize..200, any::<bool>(), -10.0..40.0_f64);
    prop::collection::vec(stretch, 1..40).prop_map(|stretches| {
        let expand = |(n, there, v)| std::iter::repeat_n(there_or_none(there, v), n);
        stretches.into_iter().flat_map(expand).collect()
    })
}

fn there_or_none(there: bool, value: f64) -> Option<f64> {
    there.then_some(value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_line_ever_crosses_a_gap(values in any_season()) {
        let plan = Plan::of(&hourly(&values), start(), end_of(&values));
        let span = values.len() as f64;
        for run in &plan.runs {
            for pair in run.windows(2) {
                // Every hour whose middle lies between the two joined points was measured.
                let from = (pair[0].x * span).floor() as usize;
                let to = ((pair[1].x * span).ceil() as usize).min(values.len());
                prop_assert!(values[from..to].iter().all(Option::is_some));
            }
        }
    }

    #[test]
    fn thinning_keeps_the_extremes_and_a_bound(values in any_season()) {
        let plan = Plan::of(&hourly(&values), start(), end_of(&values));
        let points: usize = plan.runs.iter().map(Vec::len).sum();
        prop_assert!(points <= COLUMNS_MAX as usize);
        prop_assert!(plan.holes().count() <= COLUMNS_MAX as usize + 1);
        let means = values.iter().flatten().copied();
        let lowest = means.clone().reduce(f64::min).map(|v| v - 1.0);
        let highest = means.reduce(f64::max).map(|v| v + 1.0);
        prop_assert_eq!(plan.extent(), lowest.zip(highest));
    }

    #[test]
    fn gaps_and_readings_together_fill_the_axis(values in any_season()) {
        let plan = Plan::of(&hourly(&values), start(), end_of(&values));
        let missing: i64 = plan.gaps.iter().map(|(a, b)| b.seconds() - a.seconds()).sum();
        let absent = values.iter().filter(|v| v.is_none()).count();
        prop_assert_eq!(missing, hours(absent));
    }

    #[test]
    fn whatever_comes_in_only_numbers_come_out(
        raw in prop::collection::vec(prop::option::of(any::<f64>()), 0..300),
    ) {
        let text = html(&raw, Lang::En).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(!text.contains("NaN") && !text.contains("inf"));
        prop_assert!(text.len() < 60_000);
    }
}

#[test]
fn a_single_missing_hour_breaks_the_line() {
    let mut values = vec![Some(20.0); 48];
    values[20] = None;
    let plan = Plan::of(&hourly(&values), start(), end_of(&values));
    assert_eq!(plan.runs.iter().map(Vec::len).collect::<Vec<_>>(), [20, 27]);
    assert_eq!(plan.gaps.len(), 1);
}

#[test]
fn missing_ends_of_the_period_are_gaps_too() {
    let mut values = vec![Some(20.0); 100];
    values[..30].fill(None);
    values[80..].fill(None);
    let plan = Plan::of(&hourly(&values), start(), end_of(&values));
    let hours: Vec<i64> = plan
        .gaps
        .iter()
        .map(|(a, b)| (b.seconds() - a.seconds()) / HOUR_S)
        .collect();
    assert_eq!(hours, [30, 20]);
}

#[test]
fn a_gap_with_room_carries_its_word_in_either_language() -> Result<(), askama::Error> {
    let mut values = vec![Some(20.0); 200];
    values[50..120].fill(None);
    assert!(html(&values, Lang::Zh)?.contains(">无数据</text>"));
    assert!(html(&values, Lang::En)?.contains(">No data</text>"));
    Ok(())
}

#[test]
fn the_chart_speaks_to_those_who_do_not_see_it() -> Result<(), askama::Error> {
    let text = html(&[Some(3.0), Some(-2.5), Some(7.0)], Lang::Zh)?;
    assert!(text.contains("role=\"img\"") && text.contains("<title") && text.contains("<desc"));
    assert!(text.contains("2026年9月"), "the table of months");
    assert!(
        text.contains("\u{2212}3.5"),
        "the lowest value, with a true minus"
    );
    Ok(())
}

#[test]
fn nothing_measured_is_said_and_not_drawn() -> Result<(), askama::Error> {
    let text = html(&[None, None], Lang::Zh)?;
    assert!(!text.contains("class=\"mean\""), "{text}");
    assert!(text.contains("无数据"));
    Ok(())
}

#[test]
fn huge_values_do_not_break_the_axis() -> Result<(), askama::Error> {
    let text = html(&[Some(1e300), Some(-1e300), Some(f64::MAX)], Lang::En)?;
    assert!(!text.contains("NaN") && !text.contains("inf"));
    Ok(())
}

#[test]
fn a_season_is_drawn_by_days_that_begin_at_midnight() {
    let values = vec![Some(20.0); 91 * 24];
    let plan = Plan::of(&hourly(&values), start(), end_of(&values));
    assert_eq!(plan.column_s, 86_400);
    assert_eq!(plan.runs.iter().map(Vec::len).collect::<Vec<_>>(), [91]);
    // An axis that begins at ten in the evening still has days that begin at midnight.
    let evening = start().plus_seconds(-2 * HOUR_S);
    let plan = Plan::of(&hourly(&values), evening, end_of(&values));
    assert_eq!(plan.runs.iter().map(Vec::len).sum::<usize>(), 91);
}
