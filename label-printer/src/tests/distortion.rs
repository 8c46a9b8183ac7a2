//! That labels are read: random labels over every template, resolution and back end, by two
//! decoders that share no code with ours, as they leave the back end and as a camera sees them
//! after a week on a box. A few in each run; the long one, with its table:
//!
//! ```text
//! SUYUAN_LABELS=2000 cargo test -p label-printer distortion
//! ```
//!
//! `SUYUAN_LABELS_SEED` draws others, `SUYUAN_ZXING_PYTHON` names a Python that has `zxing-cpp`
//! (else Debian's `ZXingReader` is taken). The figures of the last long run are in
//! docs/labels.md.

use std::fmt::Write as _;
use std::io::Write as _;

use super::Outcome;
use crate::{CodeLink, Dpi, Field, Format, Label, LabelError, Press, Sheet, Template};

mod camera;
mod decoder;
mod raster;

use camera::{Distortion, Picture};
use decoder::{Decoder, Folder};

/// Labels a resolution in an ordinary run: each template three times, each back end four times.
const LABELS: usize = 24;
/// Labels that are drawn, read and forgotten at once.
const BATCH: usize = 48;
/// How many of the distorted ones must be read. Dots that are missing or scraped off are measured
/// rather than demanded (docs/labels.md): zbar does not smooth what it scans, and a scratch can take
/// more codewords than correction Q restores.
const fn wanted(kind: Distortion) -> f64 {
    match kind {
        Distortion::None => 1.0,
        Distortion::Salt => 0.5,
        Distortion::Scratch | Distortion::Slash => 0.3,
        _ => 0.99,
    }
}

/// `SplitMix64`: a seed makes the same labels each time.
#[derive(Debug, Clone)]
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Evenly spread in `low .. high`.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.bits() >> 40) as f32 / (1_u32 << 24) as f32)
    }

    fn text(&mut self, letters: &str, most: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let length = 1 + self.below(most);
        (0..length)
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }
}

const NAMES: &str =
    "永顺莓茶猕猴桃大米腊肉豆腐土鸡蛋萝卜柑橘石堤车坪万坪毛坝松柏芙蓉镇合作社农业有限公司";
const CODES: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A label of chance: any length of host, lot and texts that producers write.
fn draw(chance: &mut Chance) -> Result<Label, LabelError> {
    let host = chance.text("abcdefghijklmnopqrstuvwxyz", 14);
    let lot = chance.text(CODES, 20);
    let serial: String = (0..13).map(|_| chance.text(CODES, 1)).collect();
    let uri = format!("https://{host}.gov.cn/01/06901234567892/10/{lot}/21/{serial}");
    let days = ["2026-11-20", "2026-03-01", "2025-12-31"];
    let mut label = Label::new(CodeLink::parse(&uri)?)
        .with(Field::Product, &chance.text(NAMES, 10))
        .with(Field::Producer, &chance.text(NAMES, 14))
        .with(
            Field::Weight,
            &format!("{} g", 50 * (1 + chance.below(100))),
        )
        .with(Field::Harvested, days[chance.below(days.len())])
        .with(Field::Lot, &lot);
    if chance.below(2) == 0 {
        label = label.with(Field::Code, "901234567893");
    }
    if chance.below(3) == 0 {
        label = label.with(Field::Regime, "承诺达标合格证");
    }
    Ok(label)
}

/// A label that has been laid out, and what its code says.
struct Drawn {
    template: Template,
    format: Format,
    sheet: Sheet,
    text: String,
}

/// The label of a place in the run: templates and back ends take turns, so that each pair comes.
fn compose(
    press: &mut Press,
    (place, dpi): (usize, Dpi),
    chance: &mut Chance,
) -> Result<Drawn, LabelError> {
    let names = Template::names();
    let template = Template::named(names[place % names.len()])?;
    let turn = place / names.len() + place;
    let format = Format::ALL[turn % Format::ALL.len()];
    loop {
        let label = draw(chance)?;
        // What does not fit on a small label is refused, and another one is drawn.
        match press.compose_on(&label, &template, dpi) {
            Ok(sheet) => {
                return Ok(Drawn {
                    text: label.link().as_str().to_owned(),
                    template,
                    format,
                    sheet,
                });
            }
            Err(LabelError::TextTooLong { .. } | LabelError::CodeTooBig { .. }) => {}
            Err(other) => return Err(other),
        }
    }
}

/// How many of how many were read, for one distortion, resolution and decoder.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    read: usize,
    of: usize,
}

impl Score {
    fn share(self) -> f64 {
        self.read as f64 / self.of.max(1) as f64
    }
}

/// A table of scores: rows are distortions, columns decoders.
struct Table {
    dpi: Dpi,
    names: Vec<String>,
    rows: Vec<(Distortion, Vec<Score>)>,
}

impl Table {
    fn new(dpi: Dpi, decoders: &[Decoder]) -> Self {
        // Finer printers only make it easier: theirs are read as they leave the back end.
        let kinds: &[Distortion] = match dpi {
            Dpi::D203 => &Distortion::ALL,
            Dpi::D300 => &[Distortion::None],
        };
        let empty = |kind: &Distortion| (*kind, vec![Score::default(); decoders.len()]);
        Self {
            dpi,
            names: decoders.iter().map(Decoder::name).collect(),
            rows: kinds.iter().map(empty).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("\n{} dpi             ", self.dpi);
        for name in &self.names {
            let _ = write!(text, "{name:>24}");
        }
        for (kind, scores) in &self.rows {
            let _ = write!(text, "\n{:<20}", kind.name());
            for score in scores {
                let told = format!("{}/{} {:.2} %", score.read, score.of, score.share() * 100.0);
                let _ = write!(text, "{told:>24}");
            }
        }
        text
    }

    /// The first row that is not as it must be.
    fn missed(&self) -> Option<&'static str> {
        let is_short = |(kind, scores): &&(Distortion, Vec<Score>)| {
            scores.iter().any(|score| score.share() < wanted(*kind))
        };
        self.rows.iter().find(is_short).map(|(kind, _)| kind.name())
    }
}

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn two_decoders_read_every_label_and_nearly_all_that_were_distorted() -> Outcome {
    let count = setting("SUYUAN_LABELS").unwrap_or(LABELS);
    let seed = setting("SUYUAN_LABELS_SEED").unwrap_or(2026);
    let folder = Folder::new()?;
    let decoders = decoder::find(&folder)?;
    let mut press = Press::new()?;
    let mut told = format!("seed {seed}, {count} labels a resolution");
    let mut missed = Vec::new();
    for dpi in [Dpi::D203, Dpi::D300] {
        let mut table = Table::new(dpi, &decoders);
        let mut chance = Chance(seed);
        let places: Vec<usize> = (0..count).collect();
        for batch in places.chunks(BATCH) {
            let drawn = batch
                .iter()
                .map(|place| compose(&mut press, (*place, dpi), &mut chance))
                .collect::<Result<Vec<_>, _>>()?;
            let rasters = raster::all(&mut press, &drawn, &mut chance)?;
            read(
                &drawn,
                &rasters,
                (&decoders, &folder),
                &mut table,
                &mut chance,
            )?;
        }
        told += &table.text();
        missed.extend(table.missed().map(|kind| format!("{kind} at {dpi} dpi")));
    }
    if std::env::var_os("SUYUAN_LABELS").is_some() {
        writeln!(std::io::stderr(), "{told}")?;
    }
    assert!(missed.is_empty(), "{missed:?}\n{told}");
    Ok(())
}

/// Reads a batch clean and after each distortion, and counts.
fn read(
    drawn: &[Drawn],
    rasters: &[Option<Picture>],
    (decoders, folder): (&[Decoder], &Folder),
    table: &mut Table,
    chance: &mut Chance,
) -> Outcome {
    for (kind, scores) in &mut table.rows {
        let mut wanted = Vec::new();
        for (at, (label, raster)) in drawn.iter().zip(rasters).enumerate() {
            let Some(raster) = raster else { continue };
            let picture = camera::see(raster, &label.sheet, *kind, chance);
            folder.put(&format!("{at}.pgm"), &picture.pgm())?;
            wanted.push((format!("{at}.pgm"), label));
        }
        for (decoder, score) in decoders.iter().zip(scores) {
            let found = decoder.read(folder, wanted.iter().map(|(file, _)| file.as_str()))?;
            for (file, label) in &wanted {
                let is_read = found
                    .iter()
                    .any(|(name, text)| name == file && *text == label.text);
                score.of += 1;
                score.read += usize::from(is_read);
                if !is_read {
                    folder.keep(file, &format!("{}-{}", kind.name(), decoder.name()))?;
                }
            }
        }
    }
    Ok(())
}
