//! Recorded field data: reads the CSV of the `EcoIrrigate` set (`data/README.md`), exactly as its
//! digits stand there. No general CSV reader: no quotes, one line a row. The one thing to know:
//! times carry no zone and are read as UTC.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use gateway_firmware::probe::{Channel, NOTHING, Sample};
use model::senml::{Decimal, DecimalError};
use model::time::Timestamp;
use model::unit::Quantity;
use time::PrimitiveDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

/// How the file writes a time.
const TIME_FORMAT: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

const TIME_HEADER: &str = "Timestamp";
const FARM_HEADER: &str = "Farm_ID";

/// A channel as it is registered: what the node needs, and what the server wants to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelSpec {
    /// Name and unit.
    pub channel: Channel<'static>,
    /// What is measured.
    pub quantity: Quantity,
    /// Lowest plausible value, in the channel's unit.
    pub valid_min: f64,
    /// Highest plausible value, in the channel's unit.
    pub valid_max: f64,
}

impl ChannelSpec {
    /// A channel with its unit, quantity and plausible range.
    pub const fn new(
        name: &'static str,
        unit: &'static str,
        quantity: Quantity,
        range: (f64, f64),
    ) -> Self {
        let channel = Channel { name, unit };
        Self {
            channel,
            quantity,
            valid_min: range.0,
            valid_max: range.1,
        }
    }
}

/// The columns that become channels. Pressure stays in inches of mercury, which is no registered
/// unit: any conversion would make the stored numbers differ from the published ones.
const COLUMNS: [(&str, ChannelSpec); 7] = [
    (
        "Volumetric_Moisture_Pct",
        ChannelSpec::new("soil-moisture", "%", Quantity::SoilMoisture, (0.0, 100.0)),
    ),
    (
        "Soil_Temperature_C",
        ChannelSpec::new(
            "soil-temperature",
            "Cel",
            Quantity::SoilTemperature,
            (-20.0, 60.0),
        ),
    ),
    (
        "Sensor_Board_Temperature_C",
        ChannelSpec::new("board-temperature", "Cel", Quantity::Other, (-40.0, 85.0)),
    ),
    (
        "Sensor_Voltage_V",
        ChannelSpec::new("sensor-voltage", "V", Quantity::Other, (0.0, 5.0)),
    ),
    (
        "Atm_Temperature_C",
        ChannelSpec::new(
            "air-temperature",
            "Cel",
            Quantity::AirTemperature,
            (-40.0, 60.0),
        ),
    ),
    (
        "Atm_Pressure_inHg",
        ChannelSpec::new("air-pressure", "inHg", Quantity::AirPressure, (25.0, 32.0)),
    ),
    (
        "SM_Aggregate_Pct",
        ChannelSpec::new(
            "soil-moisture-aggregate",
            "%",
            Quantity::Other,
            (0.0, 100.0),
        ),
    ),
];

/// Why a file cannot be replayed: the line, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}")]
pub struct RecordingError {
    /// Counted from 1, the header's line.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The header lacks a column without which nothing works.
    #[error("the header has no column {0}")]
    NoColumn(&'static str),
    /// The header has no column that becomes a channel, or one of them twice.
    #[error("the header has no column of measurements, or one of them twice")]
    Channels,
    /// Another number of cells than the header has.
    #[error("{found} cells where the header has {expected}")]
    Cells {
        /// Cells in the row.
        found: usize,
        /// Cells in the header.
        expected: usize,
    },
    /// The time is not written as `2025-01-05 00:15:00`.
    #[error("{0:?} is no time like 2025-01-05 00:15:00")]
    Time(String),
    /// A farm's name makes no gateway id.
    #[error("{0:?} is no name of a farm")]
    Farm(String),
    /// A cell is no decimal number.
    #[error("column {column}: {text:?} is no decimal number")]
    Number {
        /// The header of the cell.
        column: &'static str,
        /// The cell.
        text: String,
        /// What is wrong with it.
        #[source]
        reason: DecimalError,
    },
    /// All cells of measurements are empty.
    #[error("the row has no measurement")]
    Empty,
    /// There is no row below the header.
    #[error("the file has no rows")]
    NoRows,
}

/// One farm's readings, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farm {
    /// As the file writes it.
    pub name: String,
    /// When, and what.
    pub rows: Vec<(Timestamp, Sample)>,
}

impl Farm {
    /// The farm's gateway id: lower case, hyphens.
    pub fn gateway(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }

    /// Readings that differ in their time; the same time twice is one reading.
    pub fn distinct(&self) -> usize {
        self.rows
            .iter()
            .map(|(time, _)| *time)
            .collect::<HashSet<_>>()
            .len()
    }
}

/// A whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The channels, in the order of every row's values.
    pub channels: Vec<ChannelSpec>,
    /// The farms, in the order in which they appear.
    pub farms: Vec<Farm>,
    /// Columns that are not sent.
    pub ignored: Vec<String>,
}

/// Where the header puts what is needed.
struct Layout {
    cells: usize,
    time: usize,
    farm: usize,
    /// Cell and header of each channel.
    channels: Vec<(usize, &'static str)>,
}

/// Reads a whole file, or says which line is wrong.
pub fn parse(text: &str) -> Result<Recording, RecordingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    let (_, header) = lines.next().unwrap_or((1, ""));
    let at_header = |fault| RecordingError { line: 1, fault };
    let (layout, channels, ignored) = layout(header).map_err(at_header)?;
    let mut farms: Vec<Farm> = Vec::new();
    for (line, row) in lines {
        if row.trim().is_empty() {
            continue;
        }
        let at_line = |fault| RecordingError { line, fault };
        let (name, time, values) = read_row(&layout, row).map_err(at_line)?;
        match farms.iter_mut().find(|farm| farm.name == name) {
            Some(farm) => farm.rows.push((time, values)),
            None => farms.push(Farm {
                name: name.to_owned(),
                rows: vec![(time, values)],
            }),
        }
    }
    if farms.is_empty() {
        return Err(at_header(Fault::NoRows));
    }
    Ok(Recording {
        channels,
        farms,
        ignored,
    })
}

fn layout(header: &str) -> Result<(Layout, Vec<ChannelSpec>, Vec<String>), Fault> {
    let names: Vec<&str> = header.split(',').map(str::trim).collect();
    let find = |name| {
        names
            .iter()
            .position(|other| *other == name)
            .ok_or(Fault::NoColumn(name))
    };
    let (time, farm) = (find(TIME_HEADER)?, find(FARM_HEADER)?);
    let mut cells: Vec<(usize, &'static str)> = Vec::new();
    let mut specs = Vec::new();
    let mut ignored = Vec::new();
    for (index, name) in names
        .iter()
        .enumerate()
        .filter(|(index, _)| ![time, farm].contains(index))
    {
        match COLUMNS.iter().find(|(header, _)| header == name) {
            Some((header, _)) if cells.iter().any(|(_, other)| other == header) => {
                return Err(Fault::Channels);
            }
            Some((header, spec)) => {
                cells.push((index, *header));
                specs.push(*spec);
            }
            None => ignored.push((*name).to_owned()),
        }
    }
    if specs.is_empty() {
        return Err(Fault::Channels);
    }
    Ok((
        Layout {
            cells: names.len(),
            time,
            farm,
            channels: cells,
        },
        specs,
        ignored,
    ))
}

fn read_row<'a>(layout: &Layout, row: &'a str) -> Result<(&'a str, Timestamp, Sample), Fault> {
    let cells: Vec<&str> = row.split(',').map(str::trim).collect();
    if cells.len() != layout.cells {
        return Err(Fault::Cells {
            found: cells.len(),
            expected: layout.cells,
        });
    }
    let time = read_time(cells[layout.time])?;
    let farm = cells[layout.farm];
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if farm.is_empty() || farm.len() > model::id::NAME_BYTES_MAX || !farm.chars().all(is_name) {
        return Err(Fault::Farm(farm.to_owned()));
    }
    let mut values = NOTHING;
    for (value, (cell, column)) in values.iter_mut().zip(&layout.channels) {
        let text = cells[*cell];
        if !text.is_empty() {
            let fault = |reason| Fault::Number {
                column,
                text: text.to_owned(),
                reason,
            };
            *value = Some(read_number(text).map_err(fault)?);
        }
    }
    if values == NOTHING {
        Err(Fault::Empty)
    } else {
        Ok((farm, time, values))
    }
}

fn read_time(text: &str) -> Result<Timestamp, Fault> {
    PrimitiveDateTime::parse(text, TIME_FORMAT)
        .map(|time| Timestamp::from_seconds(time.assume_utc().unix_timestamp()))
        .map_err(|_| Fault::Time(text.to_owned()))
}

/// The digits as they stand. A number with more of them than a node keeps is cut to the shortest
/// one that is the same `real` in the database.
fn read_number(text: &str) -> Result<Decimal, DecimalError> {
    let exact = Decimal::parse(text);
    let fits = |number: &Decimal| i32::try_from(number.mantissa).is_ok() && number.exponent >= -15;
    match (exact, text.parse::<f32>()) {
        (Ok(number), _) if fits(&number) => Ok(number),
        (Ok(_) | Err(DecimalError::TooLong), Ok(real)) => Decimal::parse(&real.to_string())
            .and_then(|number| {
                if fits(&number) {
                    Ok(number)
                } else {
                    Err(DecimalError::TooLong)
                }
            }),
        (exact, _) => exact,
    }
}
