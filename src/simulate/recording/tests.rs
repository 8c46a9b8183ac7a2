//! The reader of recordings: to the digit, and with the line of whatever is wrong.

use super::*;
use proptest::prelude::*;

const HEADER: &str = "Timestamp,Farm_ID,Volumetric_Moisture_Pct,Atm_Pressure_inHg";

/// The whole chain of reasons, as it is shown.
fn reason(rows: &str) -> Option<String> {
    let error = parse(&format!("{HEADER}\n{rows}")).err()?;
    Some(format!("{:#}", anyhow::Error::new(error)))
}

#[test]
fn the_shipped_excerpt_is_read_whole_and_to_the_digit() {
    let recording = parse(include_str!("../../../data/ecoirrigate_excerpt.csv"));
    let recording = recording.expect("the excerpt is well formed");
    assert_eq!(recording.channels.len(), 7);
    assert!(recording.ignored.is_empty());
    let ids: Vec<String> = recording.farms.iter().map(Farm::gateway).collect();
    assert_eq!(ids, ["kolkata-farm-1", "kolkata-farm-2"]);
    for farm in &recording.farms {
        assert_eq!((farm.rows.len(), farm.distinct()), (1_248, 1_248));
    }
    // 2025-02-01 00:00:00,Kolkata_Farm_1,10.02,21.11,16.46,2.577,17.15,29.9627,14.9
    let (time, values) = recording.farms[0].rows[0];
    assert_eq!(time, Timestamp::from_seconds(1_738_368_000));
    let text: Vec<String> = values.iter().flatten().map(Decimal::to_string).collect();
    assert_eq!(
        text,
        [
            "10.02", "21.11", "16.46", "2.577", "17.15", "29.9627", "14.9"
        ]
    );
}

#[test]
fn a_malformed_row_is_named_by_its_line() {
    let good = "2025-01-05 00:00:00,F,14.15,30.0206\n";
    let short = format!("{good}\n2025-01-05 00:15:00,F,14.15");
    let expected = "line 4: 3 cells where the header has 4";
    assert_eq!(reason(&short).as_deref(), Some(expected));
    for (row, expected) in [
        (
            "2025-13-05 00:00:00,F,1,2",
            "\"2025-13-05 00:00:00\" is no time like 2025-01-05 00:15:00",
        ),
        (
            "2025-01-05T00:00:00,F,1,2",
            "\"2025-01-05T00:00:00\" is no time like 2025-01-05 00:15:00",
        ),
        ("2025-01-05 00:00:00,,1,2", "\"\" is no name of a farm"),
        (
            "2025-01-05 00:00:00,a/b,1,2",
            "\"a/b\" is no name of a farm",
        ),
        (
            "2025-01-05 00:00:00,F,1,x",
            "column Atm_Pressure_inHg: \"x\" is no decimal number: \
             'x' has no place in a decimal number",
        ),
        ("2025-01-05 00:00:00,F,,", "the row has no measurement"),
    ] {
        assert_eq!(reason(row), Some(format!("line 2: {expected}")));
    }
}

#[test]
fn a_header_that_lacks_something_says_what() {
    let fault = |text| parse(text).err().map(|error| (error.line, error.fault));
    assert_eq!(fault(""), Some((1, Fault::NoColumn(TIME_HEADER))));
    assert_eq!(
        fault("Timestamp,x\n"),
        Some((1, Fault::NoColumn(FARM_HEADER)))
    );
    assert_eq!(fault("Timestamp,Farm_ID,x\n"), Some((1, Fault::Channels)));
    let twice = "Timestamp,Farm_ID,SM_Aggregate_Pct,SM_Aggregate_Pct\n";
    assert_eq!(fault(twice), Some((1, Fault::Channels)));
    assert_eq!(
        fault("Timestamp,Farm_ID,SM_Aggregate_Pct\n"),
        Some((1, Fault::NoRows))
    );
}

#[test]
fn columns_may_stand_in_any_order_and_strange_ones_are_left_out() {
    let text =
        "\u{feff}Farm_ID,Hour,Atm_Pressure_inHg,Timestamp\r\nF,0,30.0206,2025-01-05 00:00:00\r\n";
    let recording = parse(text).expect("well formed");
    assert_eq!(recording.ignored, ["Hour"]);
    assert_eq!(recording.channels[0].channel.name, "air-pressure");
    assert_eq!(
        recording.farms[0].rows[0].1[0],
        Some(Decimal::new(300_206, -4))
    );
}

#[test]
fn a_missing_cell_is_a_missing_value_and_a_repeated_time_is_one_reading() {
    let row = "2025-01-05 00:00:00,F,,30.1\n";
    let recording = parse(&format!("{HEADER}\n{row}{row}")).expect("well formed");
    assert_eq!(
        recording.farms[0].rows[0].1[..2],
        [None, Some(Decimal::new(301, -1))]
    );
    assert_eq!(
        (recording.farms[0].rows.len(), recording.farms[0].distinct()),
        (2, 1)
    );
}

#[test]
fn a_number_too_long_for_a_node_stays_the_same_real() {
    let long = "17.02633583578562";
    let number = read_number(long).expect("a number");
    assert_eq!(number.to_string(), "17.026337");
    assert_eq!(Some(number.to_f64() as f32), long.parse().ok());
}

proptest! {
    #[test]
    fn what_was_written_is_what_is_read(
        rows in proptest::collection::vec(
            (0_i64..2_000_000_000, -99_999_i64..99_999, 0_i8..5, 0_usize..3), 1..40)
    ) {
        let format = |seconds| {
            time::OffsetDateTime::from_unix_timestamp(seconds)
                .map(|time| time.format(TIME_FORMAT).unwrap_or_default())
                .unwrap_or_default()
        };
        let mut text = String::from(HEADER);
        for (seconds, mantissa, decimals, farm) in &rows {
            let number = Decimal::new(*mantissa, -decimals);
            let time = format(*seconds);
            let cells = [time, format!("farm-{farm}"), number.to_string(), number.to_string()];
            text += "\n";
            text += &cells.join(",");
        }
        let recording = parse(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        for (index, farm) in [0_usize, 1, 2].into_iter().enumerate() {
            let expected: Vec<_> = rows
                .iter()
                .filter(|row| row.3 == farm)
                .map(|row| (Timestamp::from_seconds(row.0), Some(Decimal::new(row.1, -row.2))))
                .collect();
            let name = format!("farm-{index}");
            let read: Vec<_> = recording
                .farms
                .iter()
                .filter(|farm| farm.name == name)
                .flat_map(|farm| &farm.rows)
                .map(|(time, values)| (*time, values[1]))
                .collect();
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(rows in "[-0-9a-zA-Z,.: \n\u{4e00}]{0,200}") {
        if let Err(error) = parse(&format!("{HEADER}\n{rows}")) {
            prop_assert!(error.line >= 1 && error.line <= rows.lines().count() + 1);
        }
    }
}

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/recording");
    let entries = std::fs::read_dir(folder).expect("the kept corpus");
    let mut inputs = 0;
    for entry in entries {
        let bytes = std::fs::read(entry.expect("an input").path()).expect("its bytes");
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = parse(&text);
        }
        inputs += 1;
    }
    assert!(inputs > 0);
}
